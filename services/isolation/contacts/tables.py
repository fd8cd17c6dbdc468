"""Contacts: one row for each household of which something was said; links: one for each contact person."""

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from chassis.database.types import Id, Json, UtcDateTime
from services.isolation.metadata import metadata

contacts = Table(
    "contacts",
    metadata,
    Column("household", String(36), primary_key=True),  # its id; of a case without one, the case's
    Column("contacts", Text),  # sealed: [{name, phone, relation, may_report, proxy}]
    Column("contacts_at", UtcDateTime),  # when that was said last; likewise the others
    Column("marks", Json),
    Column("marks_at", UtcDateTime),
    Column("best_time", Text),  # sealed
    Column("best_time_at", UtcDateTime),
)

contact_links = Table(
    "contact_links",
    metadata,
    Column("id", Id, primary_key=True),  # names who says something by it; it opens nothing
    Column("household", String(36), nullable=False),
    Column("phone", BigInteger, nullable=False),  # blind index: one number has one link that counts
    Column("person", Text, nullable=False),  # sealed: {name, phone, relation, proxy}
    Column("token", BigInteger, nullable=False),  # blind index; the token itself is kept nowhere
    Column("ended_at", UtcDateTime),  # they are no contact person any more, or may report no more
)
Index("contact_links_by_token", contact_links.c.token, unique=True)
Index("contact_links_of", contact_links.c.household, contact_links.c.phone)

"""The contacts' list of a positive: people and places, which have no case. Who it is stands sealed."""

from sqlalchemy import Boolean, Column, Date, Index, String, Table, Text, false

from chassis.database.types import Id, UtcDateTime
from services.isolation.metadata import metadata

close_contacts = Table(
    "close_contacts",
    metadata,
    Column("contact_id", Id, primary_key=True),
    Column("case_id", Id, nullable=False),  # of the one who is positive
    Column("kind", String(10), nullable=False),  # person or place
    Column("said", Text, nullable=False),  # sealed: name, phone, address, note
    Column("last_on", Date, nullable=False),  # the last day on which they were together, or there
    Column("lives_there", Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("due_by", UtcDateTime, nullable=False),  # until when somebody has told them
    Column("settled_at", UtcDateTime),  # null: nobody has
    Column("settled_as", String(20)),  # a word of CONTACT_SETTLED, or rules.TAKEN_BACK
    # What they are to hear, or heard last, is that it was a mistake.
    Column("mistake", Boolean, nullable=False, server_default=false()),
    Column("source", String(200), nullable=False),
    Column("event_id", String(200), nullable=False),
)
Index("close_contacts_of_case", close_contacts.c.case_id, close_contacts.c.due_by)

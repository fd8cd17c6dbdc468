"""The table of contacts: one row for each household of which something was said."""

from sqlalchemy import Column, String, Table, Text

from chassis.database.types import Json, UtcDateTime
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

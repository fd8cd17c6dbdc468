"""Tables of notices and refusals: a row for each case that one is about."""

from sqlalchemy import Boolean, Column, String, Table, Text

from chassis.database.types import Id, UtcDateTime
from services.isolation.metadata import metadata

notices = Table(
    "notices",
    metadata,
    Column("case_id", Id, primary_key=True),
    Column("notice_id", Id, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("signed_by", Text),  # sealed: a name
    Column("text_version", String(40)),  # of what a household read on its own page
    Column("read_aloud", Boolean, nullable=False),
    Column("witness", String(40)),  # staff_id
    Column("source", String(200), nullable=False),
    Column("event_id", String(200), nullable=False),
)

refusals = Table(
    "refusals",
    metadata,
    Column("case_id", Id, primary_key=True),
    Column("refusal_id", Id, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("what", String(20), nullable=False),
    Column("why", String(20), nullable=False),
    Column("what_would_help", Text),  # sealed
    Column("witness", String(40), nullable=False),  # staff_id
    Column("task_id", Id),  # of the officer who settles it, with the first case
    Column("source", String(200), nullable=False),
    Column("event_id", String(200), nullable=False),
)

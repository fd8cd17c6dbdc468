"""The table of transfers. Which office was asked, and what was said of it, stand sealed."""

from sqlalchemy import Column, Index, String, Table, Text

from chassis.database.types import Id, UtcDateTime
from services.isolation.metadata import metadata

transfers = Table(
    "transfers",  # another district was asked to take somebody over
    metadata,
    Column("transfer_id", Id, primary_key=True),
    Column(
        "case_id", Id, nullable=False
    ),  # of whom it was asked; its task may be of the one that goes on for it
    Column("asked", Text, nullable=False),  # sealed: agency, note
    Column("at", UtcDateTime, nullable=False),
    Column("task_id", Id, nullable=False),  # of the officer who finds out, or sees to what came of it
    Column("outcome", String(20)),  # what was decided, or asked_anew; null: nobody said yet
    Column("settled_at", UtcDateTime),
    Column("settled_by", String(200)),  # source of whoever said so
    Column("said", Text),  # sealed: note
    Column("source", String(200), nullable=False),
    Column("event_id", String(200), nullable=False),
)
Index("transfers_of_case", transfers.c.case_id, transfers.c.at)
Index("transfers_of_task", transfers.c.task_id, unique=True)
Index("transfers_by_time", transfers.c.at)

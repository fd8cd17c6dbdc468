"""The table of transfers from one community to another. The new door and what was said stand sealed."""

from sqlalchemy import Column, Date, Index, SmallInteger, String, Table, Text, text

from chassis.database.types import Id, UtcDateTime
from services.registration.metadata import metadata

transfers = Table(
    "transfers",  # a row for each who is to be taken over; those of one transfer are answered together
    metadata,
    Column("transfer_id", Id, primary_key=True),
    Column("arrival_id", Id, primary_key=True),
    Column("state", String(20), nullable=False),  # of states.py
    Column("version", SmallInteger, nullable=False),  # how often it was decided
    Column("place", String(40), nullable=False),  # to which they are to belong, and where that lies
    Column("street", String(40)),
    Column("community", String(40)),
    Column("grid", String(40)),
    Column("from_street", String(40)),
    Column("from_community", String(40)),  # where they were when it was asked; null: in none that was known
    Column("moves_on", Date),  # from when they live there, and are taken over; null: they do already
    Column("asked", Text),  # sealed: address, division, note
    Column("asked_at", UtcDateTime, nullable=False),
    Column("answer_by", UtcDateTime, nullable=False),  # the clock runs from when they live there
    Column("asked_by", String(200), nullable=False),  # source of whoever asked, by which command
    Column("by_command", String(200), nullable=False),
    Column("decided_at", UtcDateTime),
    Column("decided_by", String(200)),
    Column("said", Text),  # sealed: note
)
Index("transfers_of_arrival", transfers.c.arrival_id)
OPEN = text("transfers.state IN ('asked', 'refused')")
"""Somebody has still to see to it: few, and looked at all the time."""
_open = text(OPEN.text.replace("transfers.", ""))
Index(
    "transfers_open",
    transfers.c.answer_by,
    transfers.c.transfer_id,
    transfers.c.arrival_id,
    postgresql_where=_open,
    sqlite_where=_open,
)

"""What publishers say of their own sending, and what had come before arrivals were counted."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table

from chassis.database.types import Id, Json, UtcDateTime
from services.registration.metadata import metadata

closed_batches = Table(
    "closed_batches",
    metadata,
    Column("id", Id, primary_key=True),
    Column("publisher", String(100), nullable=False),
    Column("source", String(200), nullable=False),
    Column("day", String(10), nullable=False),
    Column("said", Integer, nullable=False),
    Column("ids", Json),  # those not yet seen to have arrived; without any, `said` is the whole day's
    Column("said_at", UtcDateTime, nullable=False),  # by the publisher
    Column("received_at", UtcDateTime, nullable=False),  # real time
    Column("looked_at", UtcDateTime, nullable=False),  # real time
    Column("settled_at", UtcDateTime),  # when all had arrived, or a later count took its place
)
_open = closed_batches.c.settled_at.is_(None)
Index("closed_batches_open", closed_batches.c.looked_at, postgresql_where=_open, sqlite_where=_open)

uncounted = Table(
    "uncounted_reports",  # what was there when counting began (chassis.messaging.arrived)
    metadata,
    Column("publisher", String(100), primary_key=True),
    Column("reports", Integer, nullable=False),
    Column("letters", Integer, nullable=False),
    Column("later_letters", Integer, nullable=False),  # those that follow another one
)

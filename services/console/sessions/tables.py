"""Sessions: who is in. Their ids are kept as keyed digests only. All times are real time."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table

from chassis.database.types import Id, UtcDateTime
from services.console.metadata import metadata

sessions = Table(
    "sessions",
    metadata,
    Column("id", Id, primary_key=True),  # by which it is ended from a page; it opens nothing
    Column("digest", String(32), nullable=False),  # of what the cookie holds
    Column("account_id", Id, nullable=False),
    Column("device", String(200), nullable=False),  # what the browser calls itself
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),  # to the minute
    Column("expires_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("ended_because", String(20)),  # logged_out | revoked | staff_left | restored
    Column("opening", String(32)),  # of a phone: digest of what its browser holds until it is closed
)
Index("sessions_by_digest", sessions.c.digest, unique=True)
Index("sessions_of", sessions.c.account_id)

"""Publishers and their API keys, as `doorstep publisher` writes them beside the users of the broker."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, String, Table, text

from chassis.database.types import Id, Json, UtcDateTime
from services.registration.metadata import metadata

publishers = Table(
    "publishers",
    metadata,
    Column("name", String(100), primary_key=True),  # also of its user at the broker
    Column("may", Json, nullable=False),  # the event types that it may publish
    Column("own_queue", Boolean, nullable=False),  # whether intake reads a queue of its own
    Column("created_at", UtcDateTime, nullable=False),  # real time, as in all columns here
    Column("removed_at", UtcDateTime),  # its user is gone; its reports keep its name
)

publisher_keys = Table(
    "publisher_keys",
    metadata,
    Column("id", Id, primary_key=True),
    Column("publisher", String(100), nullable=False),
    Column("digest", String(32), nullable=False),  # keyed, of the API key, which is kept nowhere
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)
Index("publisher_keys_digest", publisher_keys.c.digest, unique=True)
Index(
    "publisher_keys_publisher",
    publisher_keys.c.publisher,
    postgresql_where=text("ended_at IS NULL"),
    sqlite_where=text("ended_at IS NULL"),
)

"""The places of the jurisdiction."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table

from chassis.database.types import Json, UtcDateTime
from services.registration.metadata import metadata

places = Table(
    "places",
    metadata,
    Column("place_id", String(40), primary_key=True),
    Column("parent", String(40)),
    Column("level", String(20), nullable=False),
    Column("name", String(100), nullable=False),
    Column("aliases", Json, nullable=False),
    Column("division", String(12)),
    Column("kind", String(40)),
    Column("removed", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("successor", String(40)),  # of a removed place: the one into which it was dissolved
    Column("ended_at", UtcDateTime),
    Column("look_at", UtcDateTime),  # when to look next for arrivals that it still has; null: it has none
)
_to_look = places.c.look_at.is_not(None)
Index("places_to_empty", places.c.look_at, postgresql_where=_to_look, sqlite_where=_to_look)

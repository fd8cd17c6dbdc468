"""The places of the jurisdiction."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, String, Table

from chassis.database.types import Json
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
)

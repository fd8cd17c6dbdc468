"""Published risk lists, and the areas in force over time."""

from __future__ import annotations

from sqlalchemy import Column, String, Table, Text

from chassis.database.types import Id, Json, UtcDateTime
from services.registration.metadata import metadata

risk_lists = Table(
    "risk_lists",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("published_at", UtcDateTime, nullable=False, unique=True),
    Column("source", String(200), nullable=False),
    Column("imported_at", UtcDateTime, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("areas", Json, nullable=False),  # the whole list, placed
    Column("summary", Json, nullable=False),
    Column("said_at", UtcDateTime),  # by its publisher; of two lists of one hour the later word counts
)

corrected_risk_lists = Table(
    "corrected_risk_lists",  # lists whose hour has a later word; arrivals may still name their ids
    metadata,
    Column("id", String(60), primary_key=True),
    Column("published_at", UtcDateTime, nullable=False, index=True),
    Column("source", String(200), nullable=False),
    Column("imported_at", UtcDateTime, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("areas", Json, nullable=False),
    Column("summary", Json, nullable=False),
    Column("said_at", UtcDateTime),
    Column("corrected_by", String(60), nullable=False),
    Column("corrected_at", UtcDateTime, nullable=False),
)

risk_areas = Table(
    "risk_areas",  # the areas with the time they were in force, from all lists in order
    metadata,
    Column("id", Id, primary_key=True),
    Column("list_id", String(60), nullable=False),
    Column("level", String(10), nullable=False),
    Column("province", String(60), nullable=False),
    Column("city", String(60), nullable=False),
    Column("county", String(60), nullable=False),
    Column("street", String(60), nullable=False),
    Column("place", Text, nullable=False),
    Column("division", String(6), nullable=False),
    Column("valid_from", UtcDateTime, nullable=False),
    Column("valid_to", UtcDateTime),
)

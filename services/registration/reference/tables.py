"""The version of each kind of reference data."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table

from services.registration.metadata import metadata

versions = Table(
    "versions",  # goes up when a reference table changes, so that caches in all replicas notice
    metadata,
    Column("name", String(20), primary_key=True),  # risk | places | staff | policies | person_keys (its form)
    Column("version", Integer, nullable=False),
)

"""The copy of the policies that isolation publishes."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Integer, String, Table, false

from chassis.database.types import Json
from services.registration.metadata import metadata

policies = Table(
    "policies",  # copy of what isolation publishes
    metadata,
    Column("policy_id", String(60), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("edition", String(60), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("places", Json, nullable=False),
    Column("document", Json, nullable=False),
    Column("withdrawn", Boolean, nullable=False, server_default=false()),
)

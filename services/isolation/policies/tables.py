"""The table of policies, as they were published."""

from sqlalchemy import Column, Date, Integer, String, Table

from chassis.database.types import Json, UtcDateTime
from services.isolation.metadata import metadata

policies = Table(
    "policies",
    metadata,
    Column("policy_id", String(60), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("edition", String(60), nullable=False),
    Column("title", String(200), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("document", Json, nullable=False),
    Column("imported_at", UtcDateTime, nullable=False),
)

"""Members of staff."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, String, Table, Text

from chassis.database.types import UtcDateTime
from services.registration.metadata import metadata

staff = Table(
    "staff",
    metadata,
    Column("staff_id", String(40), primary_key=True),
    Column("role", String(40), nullable=False),
    Column("place", String(40), nullable=False),
    Column("language", String(10), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("sealed", Text, nullable=False),  # name and phone
    Column("version", Integer, nullable=False),
    Column("replaced_by", String(40)),  # of somebody who has left: who goes on with all that is open
    Column("away_from", UtcDateTime),  # `from` belongs to the time, `to` does not
    Column("away_to", UtcDateTime),  # null, with away_from: until further notice
    Column("deputy", String(40)),  # who does their work meanwhile
    Column("duty_from", UtcDateTime),
    Column("duty_to", UtcDateTime),
)

# Of what officers said; a file that was imported is no act of somebody's. Copies of the staff keep another
# table under this name: what each was from when to when.
staff_history = Table(
    "staff_history",
    metadata,
    Column("staff_id", String(40), primary_key=True),
    Column("version", Integer, primary_key=True),  # that it left
    Column("at", UtcDateTime, nullable=False),
    Column("what", String(60), nullable=False),
    Column("event_id", String(200), nullable=False),
    Column("source", String(200), nullable=False),
)

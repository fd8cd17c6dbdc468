"""The reports as they came, and the arrival of each companion."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text, text

from chassis.database.types import Id, Json, UtcDateTime
from services.registration.metadata import metadata

reports = Table(
    "reports",
    metadata,
    Column("id", Id, primary_key=True),
    Column("source", String(200), nullable=False),
    Column("event_id", String(200), nullable=False),
    Column("publisher", String(100)),
    Column("reported_at", UtcDateTime, nullable=False),  # the event's time
    Column("received_at", UtcDateTime, nullable=False),
    Column("outcome", String(20), nullable=False),  # registered | merged | needs_correction | corrected
    Column("arrival_id", Id),  # of the person; companions are in companion_arrivals
    Column("reasons", Json),
    Column("sealed", Text, nullable=False),  # the event as it came
    Column("correlation_id", String(200), nullable=False),
    Column("corrects", Id),  # the report that this one was resubmitted for
    Column("corrected_by", String(100)),
    Column("by_command", String(200)),  # the id of the command that said so, at a door
    Column("part_waits", Boolean),  # true while a part of an accepted report waits for correction
)
Index("reports_arrival", reports.c.arrival_id)
# For tools: operators name an event by its id. It costs a report 3 us of CPU, half of what a tree does.
Index("reports_by_event", reports.c.event_id, postgresql_using="hash")
_open = reports.c.outcome == "needs_correction"
Index(
    "reports_needing_correction",
    reports.c.received_at,
    reports.c.publisher,
    reports.c.outcome,  # SQLite answers from the index alone only if it holds every column asked for
    postgresql_where=_open,
    sqlite_where=_open,
)
Index(
    "reports_in_part",
    reports.c.publisher,
    reports.c.part_waits,
    postgresql_where=text("part_waits"),
    sqlite_where=text("part_waits"),
)

companion_arrivals = Table(
    "companion_arrivals",
    metadata,
    Column("report_id", Id, primary_key=True),
    Column("position", Integer, primary_key=True),  # 1 is the first companion
    Column("arrival_id", Id, nullable=False),
)
Index("companion_arrivals_arrival", companion_arrivals.c.arrival_id)

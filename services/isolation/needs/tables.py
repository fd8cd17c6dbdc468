"""The table of needs. What is needed stands sealed; where a need stands follows from its task."""

from sqlalchemy import Boolean, Column, Index, SmallInteger, String, Table, Text

from chassis.database.types import Id, Json, UtcDateTime
from services.isolation.metadata import metadata

needs = Table(
    "needs",
    metadata,
    Column("need_id", Id, primary_key=True),
    Column("case_id", Id, nullable=False),  # of the one who stays longest; it has the task
    Column("people", Json, nullable=False),  # case ids of all for whom it is
    Column("kind", String(20), nullable=False),
    Column("text", Text),  # sealed; null: of medicine only the days were said
    Column("days_left", SmallInteger),  # of medicine, the day of asking counted; null: nobody said
    Column("needs_cold", Boolean, nullable=False),  # of medicine, as insulin does
    Column("at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("task_id", Id, nullable=False),
    Column("told", Json, nullable=False),  # staff who were told at once
    Column("how", String(20)),  # how it was met, as it was said last
    Column("withdrawn_at", UtcDateTime),
    Column("source", String(200), nullable=False),
    Column("event_id", String(200), nullable=False),
)
Index("needs_of_case", needs.c.case_id, needs.c.at)
Index("needs_of_task", needs.c.task_id, unique=True)

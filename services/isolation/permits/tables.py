"""The tables of permits. Where somebody goes, why, and who takes them stand sealed."""

from sqlalchemy import Column, Index, SmallInteger, String, Table, Text, text

from chassis.database.types import Id, Json, UtcDateTime
from services.isolation.metadata import metadata

permits = Table(
    "permits",
    metadata,
    Column("permit_id", Id, primary_key=True),
    Column("case_id", Id, nullable=False),  # of the one who stays longest; it has the task
    Column("people", Json, nullable=False),  # case ids of all who go
    Column("kind", String(20), nullable=False),
    Column("asked", Text, nullable=False),  # sealed: where, why, how
    Column("at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("begins", UtcDateTime, nullable=False),  # the first outing
    Column("ends", UtcDateTime, nullable=False),  # the last one
    Column("task_id", Id, nullable=False),  # of whoever decides, or reviews
    Column("told", Json, nullable=False),  # staff who were told at once
    Column("decision", String(20)),  # granted or refused; null: not yet
    Column("decided_at", UtcDateTime),
    Column("decided_by", String(200)),  # source of whoever decided
    Column("said", Text),  # sealed: reason, escort, how
    Column("version", SmallInteger, nullable=False),  # how often it was decided
    Column("withdrawn_at", UtcDateTime),
    Column("source", String(200), nullable=False),
    Column("event_id", String(200), nullable=False),
)
Index("permits_of_case", permits.c.case_id, permits.c.at)
Index("permits_of_task", permits.c.task_id, unique=True)

outings = Table(
    "outings",  # once out and back of one person
    metadata,
    Column("permit_id", Id, primary_key=True),
    Column("number", SmallInteger, primary_key=True),  # from 0
    Column("case_id", Id, primary_key=True),
    Column("begins", UtcDateTime, nullable=False),
    Column("ends", UtcDateTime, nullable=False),
    Column("left_at", UtcDateTime),  # when they went out; null: nobody saw it
    Column("back_at", UtcDateTime),  # when they came back last; null: they are out, or never went
    Column("check_at", UtcDateTime),  # from then on they are late, unless they are back
    Column("task_id", Id),  # of whoever looks for them, as they were late
)
Index("outings_of_case", outings.c.case_id, outings.c.ends)
_waits = outings.c.check_at.is_not(None)
Index("outings_to_check", outings.c.check_at, postgresql_where=_waits, sqlite_where=_waits)
# Who is out now: few, and looked at all the time.
IS_OUT = text("outings.left_at IS NOT NULL AND outings.back_at IS NULL")
_out = text(IS_OUT.text.replace("outings.", ""))
Index("outings_out", outings.c.ends, postgresql_where=_out, sqlite_where=_out)

passages = Table(
    "passages",  # somebody was seen going out or coming back, or was not at home
    metadata,
    Column("passage_id", Id, primary_key=True),
    Column("case_id", Id, nullable=False),
    Column("direction", String(10), nullable=False),  # out or back; absent, or their door was opened
    Column("at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("task_id", Id),  # of whoever looks into it, as no leave covers it
    Column("saw", Text),  # sealed: what whoever came and found nobody saw
    Column("source", String(200), nullable=False),
    Column("event_id", String(200), nullable=False),
)
Index("passages_of_case", passages.c.case_id, passages.c.at)

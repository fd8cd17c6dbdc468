"""The table of breaches. What an officer says of one stands sealed."""

from sqlalchemy import Boolean, Column, Index, SmallInteger, String, Table, Text, text

from chassis.database.types import Id, UtcDateTime
from services.isolation.metadata import metadata

breaches = Table(
    "breaches",
    metadata,
    Column("breach_id", Id, primary_key=True),
    Column("case_id", Id, nullable=False),  # of whom it is suspected
    Column("why", String(20), nullable=False),  # one of BREACH_KINDS
    Column("at", UtcDateTime, nullable=False),  # when they were out, absent, due back, or refused
    Column("suspected_at", UtcDateTime, nullable=False),
    Column("passage_id", Id),  # by which it was seen
    Column("permit_id", Id),  # of the outing that ended late
    Column("saw", Text),  # sealed: what whoever reported it saw
    Column("reported_by", String(200)),  # their source; null: found by the clock
    Column("task_id", Id, nullable=False),  # of whoever finds out
    Column("judge_task_id", Id, nullable=False),  # of whoever judges
    Column("settle_task_id", Id),  # of whoever decides about central isolation, as it was confirmed
    Column("in_order_at", UtcDateTime),  # since then what is known puts it right
    Column("judgement", String(20)),  # the last one; null: nobody judged
    Column("judged_at", UtcDateTime),
    Column("first_judged_at", UtcDateTime),  # null: nobody judged, or a version of before did
    Column("judged_by", String(200)),  # source of whoever judged
    Column("said", Text),  # sealed: their words
    Column("version", SmallInteger, nullable=False),  # how often it was judged
    Column("state", String(20), nullable=False),  # by rules.state_of
    # Judged while nobody followed them: whether it was confirmed as they were told last. Null: they know.
    Column("told_confirmed", Boolean),
)
Index("breaches_of_case", breaches.c.case_id, breaches.c.at)
Index("breaches_of_task", breaches.c.task_id)
Index("breaches_of_judge_task", breaches.c.judge_task_id, unique=True)
_settled = breaches.c.settle_task_id.is_not(None)
Index("breaches_of_settle_task", breaches.c.settle_task_id, postgresql_where=_settled, sqlite_where=_settled)
# A literal, so that the planner sees that the partial index holds all of them.
IS_CONFIRMED = text("breaches.state = 'confirmed'")
_owed = breaches.c.told_confirmed.is_not(None)
Index("breaches_to_tell", breaches.c.judged_at, postgresql_where=_owed, sqlite_where=_owed)
_confirmed = text(IS_CONFIRMED.text.replace("breaches.", ""))
Index(
    "breaches_confirmed",
    breaches.c.judged_at,
    breaches.c.breach_id,
    postgresql_where=_confirmed,
    sqlite_where=_confirmed,
)

"""The figures of isolation in `/metrics`: cases that are followed, overdue tasks, cases without an owner."""

from datetime import datetime

from prometheus_client import Counter, Gauge
from sqlalchemy import func, select, text
from sqlalchemy.engine import Connection

from chassis.figures import Figure, Numbers
from chassis.telemetry import SAME_IN_ALL
from field.ladder import NOBODY
from field.words import MEASURES, RUNGS
from services.isolation.cases.tables import cases
from services.isolation.plans.tables import tasks

OPEN_CASES = Gauge("doorstep_open_cases", f"Cases that are followed {SAME_IN_ALL}", ["measure"])
OVERDUE_TASKS = Gauge(
    "doorstep_overdue_tasks",
    "Tasks not done in time, by the level that was informed last. `nobody`: no level has staff "
    f"{SAME_IN_ALL}",
    ["level"],
)
STAFF_NOT_REACHED = Counter(
    "doorstep_staff_not_reached_total",
    "Undeliverable messages to staff, by the level that was messaged instead: their own where it has other "
    "staff. `nobody`: no higher level has staff",
    ["level"],
)
WITHOUT_OWNER = Gauge("doorstep_cases_without_owner", f"Cases without an owner {SAME_IN_ALL}", ["service"])
OLDEST_WITHOUT_OWNER = Gauge(
    "doorstep_cases_without_owner_oldest_age_seconds",
    f"Age of the longest wait of a case for an owner, in the time of the field {SAME_IN_ALL}",
    ["service"],
)


def open_cases(conn: Connection, _now: datetime) -> Numbers:
    followed = select(cases.c.measure, func.count()).where(cases.c.closed_at.is_(None))
    return {(measure,): count for measure, count in conn.execute(followed.group_by(cases.c.measure))}


def overdue_tasks(conn: Connection, _now: datetime) -> Numbers:
    # A literal, so that the planner sees that the partial index holds all of them.
    missed = select(tasks.c.told_level, func.count()).where(text("state = 'missed'"))
    return {(level,): count for level, count in conn.execute(missed.group_by(tasks.c.told_level))}


_SINCE = cases.c.unassigned_since


def without_owner(conn: Connection, _now: datetime) -> Numbers:
    waiting = select(func.count()).select_from(cases).where(_SINCE.is_not(None))
    return {("isolation",): conn.execute(waiting).scalar_one()}


def longest_without_owner(conn: Connection, now: datetime) -> Numbers:
    since = conn.execute(select(func.min(_SINCE)).where(_SINCE.is_not(None))).scalar_one()
    return {("isolation",): max(0.0, (now - since).total_seconds()) if since else 0.0}


FIGURES = (
    Figure(OPEN_CASES, open_cases, always=tuple((measure,) for measure in MEASURES)),
    Figure(OVERDUE_TASKS, overdue_tasks, always=tuple((level,) for level in (*RUNGS, NOBODY))),
    Figure(WITHOUT_OWNER, without_owner),
    Figure(OLDEST_WITHOUT_OWNER, longest_without_owner),
)
for _level in (*RUNGS[1:], NOBODY):
    STAFF_NOT_REACHED.labels(_level)

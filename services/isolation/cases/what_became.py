"""What became of everybody: how their case ended, or what is next in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.engine import Connection

from services.isolation.cases import states
from services.isolation.cases.tables import cases, release_checks
from services.isolation.plans import states as task_states
from services.isolation.plans.tables import tasks

TO_PLAN, TO_ASSIGN, TO_LOOK_AT = "days_to_plan", "owner_to_find", "release_to_look_at"
TO_END = "its_day_to_end"
"""What is next where no task is."""
_ENDS_WITHIN = timedelta(days=1)
"""A timer looks each hour; who was informed of a day of before, or is waived a moment ago, waits for it."""


@dataclass(frozen=True, slots=True)
class Became:
    """
    :param only_informed: nothing was asked of them.
    :param next: of somebody who is followed: the kind of the next task, or one of the words above; "": none.
    """

    state: str
    only_informed: bool
    next: str


def what_became(conn: Connection, today: date) -> dict[str, Became]:
    """Of every case, by its id. It reads them all: for demos and tests.

    :param today: the field's day in the jurisdiction's zone.
    """
    c, r = cases.c, release_checks.c
    columns = (c.case_id, c.state, c.days, c.release_on, c.plan_next, c.unassigned_since)
    rows = conn.execute(
        select(*columns, r.case_id.label("looked_at")).outerjoin(release_checks, r.case_id == c.case_id)
    )
    next_of = _next_tasks(conn)
    found = {}
    for row in rows:
        after = ""
        if row.state in states.FOLLOWED:
            clocks = {
                TO_PLAN: row.plan_next is not None,
                TO_LOOK_AT: row.looked_at is not None,
                TO_ASSIGN: row.unassigned_since is not None,
                TO_END: row.days == 0 and row.release_on >= today - _ENDS_WITHIN,
            }
            clock = next((word for word, runs in clocks.items() if runs), "")
            after = next_of.get(row.case_id, clock)
        found[row.case_id] = Became(row.state, row.days == 0, after)
    return found


def _next_tasks(conn: Connection) -> dict[str, str]:
    """Case -> the kind of the live task that is due first, and of which somebody is told once it is late."""
    k = tasks.c
    live = select(k.case_id, k.kind, k.due_by).where(k.state.in_(sorted(task_states.LIVE)))
    told = live.where(k.tell_at.is_not(None)).order_by(k.due_by.desc(), k.task_id)
    return {case_id: kind for case_id, kind, _ in conn.execute(told)}

"""Whoever is only informed is held by nothing: once they are, and the day is over, their case ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, and_, select

from chassis.unit_of_work import UnitOfWork
from chassis.walks import Walk
from services.isolation.cases import states
from services.isolation.cases.case import Case
from services.isolation.cases.casebook import CHUNK, Casebook, casebook
from services.isolation.cases.events import change_data, differences
from services.isolation.cases.tables import cases
from services.isolation.plans import states as task_states
from services.isolation.plans.rows import lock_tasks
from services.isolation.plans.tables import tasks
from services.isolation.release.facts import KINDS, facts_of
from services.isolation.release.rules import HEALTH_AND_WILL, lacks

_ENDED: Final = "ended_informed"
_KINDS: Final = ("details", "informed")
"""Beside `details`, of which every rule of notification knows already: nobody is told of it."""
_IN: Final = (states.OPEN, states.ACTIVE, states.RELEASE_REVIEW)


def end_informed(uow: UnitOfWork) -> int:
    """End the cases of people who are only informed, once that is done and their day is over.

    Nobody confirms it: most arrivals are of these. Who is ill, positive or refuses something stays followed,
    and so does anybody for whom a task is open. A risk that is raised later opens the case again.

    No index finds them, for every arrival would pay for it: the cases are walked through, once an hour.
    """
    with casebook(uow) as book:
        over = informed_before(book.present.today)
        walk = Walk(uow, "end_informed", cases.c.case_id, book.present.today.isoformat())
        room = uow.taking.room(CHUNK)
        taken = book.take(over & walk.here, cases.c.case_id)
        held = _held(book, taken)
        ended = [_end(book, case) for case in taken if case.case_id not in held]
    goes_on = walk.note(over, [case.case_id for case in taken], room)
    return len(ended) or int(goes_on)


def informed_before(today: date) -> ColumnElement[bool]:
    """Cases of people who are only informed: they are, no task is open, and their day was before this one."""
    c, k = cases.c, tasks.c
    open_tasks = select(k.task_id).where(k.case_id == c.case_id, k.state.in_(sorted(task_states.LIVE)))
    return and_(
        c.closed_at.is_(None),
        c.plan_next.is_(None),
        c.days == 0,
        c.release_on < today,
        c.state.in_(_IN),
        ~open_tasks.exists(),
    )


def _held(book: Casebook, found: list[Case]) -> set[str]:
    of_cases = lock_tasks(book.uow.conn, [case.case_id for case in found], KINDS)
    facts = facts_of(book.uow, found, of_cases)
    return {
        case.case_id
        for case in found
        if not HEALTH_AND_WILL.isdisjoint(lacks(book.standing(case).rule.release, facts[case.case_id]))
    }


def _end(book: Casebook, before: Case) -> Case:
    state = before.state
    if state != states.RELEASE_REVIEW:
        state = states.CASE.move(state, states.RELEASE_REVIEW)
    case = replace(
        before,
        version=before.version + 1,
        state=states.CASE.move(state, states.RELEASED),
        unassigned_since=None,
        closed_at=book.uow.now,
        history_lines=before.history_lines + 1,
    )
    book.loads.take(before.team)
    book.change(case, _ENDED, None, differences(before, case))
    change = change_data(_KINDS, before, _ENDED, case.team)
    book.publish("case.changed", case, book.standing(case), [], None, change)
    return case

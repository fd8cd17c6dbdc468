"""Whoever is in a centre has no other clock here: their case ended as they were admitted. So it is looked
whether one who cannot be alone is without their carer, and who is still there past the last day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from chassis.unit_of_work import UnitOfWork
from field.days import local_day
from services.isolation.cases.case import Case
from services.isolation.cases.events import caused_by_case
from services.isolation.cases.in_hand import CasesInHand, cases_in_hand
from services.isolation.cases.states import MOVED_TO_CENTRAL
from services.isolation.cases.tables import cases
from services.isolation.cases.unplanned import officers_task
from services.isolation.central.rules import ADMITTED, ADULT, LEFT
from services.isolation.central.tables import IS_ADMITTED, moves
from services.isolation.plans.states import LIVE
from services.isolation.plans.tables import tasks
from services.isolation.policies.rules import LEAVE_CENTRAL, NAME_CARER, OpeningTask

_MOST: Final = 100
_WAIVED_FOR: Final = timedelta(days=1)
"""So long whoever decided that somebody stays past the last day is not asked again."""
_M, _C, _K = moves.c, cases.c, tasks.c


def see_to_centres(uow: UnitOfWork) -> int:
    """Plan a task of the officer for each of them, with a ladder. Returns for how many."""
    found = {row.case_id: row for row in (*_past_the_term(uow), *_without_carer(uow.conn))}
    wanted = select(_C.case_id).where(is_in(uow.conn, _C.case_id, sorted(found)[:_MOST])).order_by(_C.case_id)
    locked = wanted.with_for_update(skip_locked=True)
    taken = {row.case_id for row in uow.take(locked, _C.case_id, _MOST)} if found else set()
    if not taken:
        return 0
    planned = 0
    with cases_in_hand(uow, taken) as hand:
        # Once more: with their cases locked, nobody else changes one.
        for row in (*_past_the_term(uow), *_without_carer(uow.conn)):
            case = hand.find(row.case_id)
            if row.case_id in taken and case and case.state == MOVED_TO_CENTRAL:
                policy = hand.book.policy(case)
                asked = policy.name_carer if row.kind == NAME_CARER else policy.leave_central
                _plan(hand, case, asked, row.about)
                planned += 1
    return planned


def _plan(hand: CasesInHand, case: Case, asked: OpeningTask, about: str) -> None:
    task = officers_task(hand.book, case, asked, about=about)
    case = hand.plan(case, task, caused_by_case(hand.uow, case.case_id, case.correlation_id))
    hand.hear(case, asked.kind, None, task=task.task_id)


class _Asked(NamedTuple):
    """A case with the kind of its task, and what that is about."""

    case_id: str
    kind: str
    about: str


def _past_the_term(uow: UnitOfWork) -> Sequence[_Asked]:
    """Who was not asked for today."""
    today = local_day(uow.now, uow.zone)
    asked = select(_K.task_id).where(
        _K.case_id == _C.case_id,
        _K.kind == LEAVE_CENTRAL,
        _K.state.in_(sorted(LIVE)) | (_K.due_from > uow.now - _WAIVED_FOR),
    )
    there = select(_M.case_id, _M.move_id).join_from(moves, cases, _C.case_id == _M.case_id)
    late = there.where(IS_ADMITTED, _C.state == MOVED_TO_CENTRAL, _C.release_on < today, ~asked.exists())
    rows = uow.conn.execute(late.order_by(_M.admitted_at, _M.move_id).limit(_MOST))
    return [_Asked(row.case_id, LEAVE_CENTRAL, f"{row.move_id}:{today.isoformat()}") for row in rows]


def _without_carer(conn: Connection) -> Sequence[_Asked]:
    """Whose carer was there and left, and nobody was asked for since."""
    of_carer, gone = moves.alias("of_carer"), moves.alias("gone")
    there = select(of_carer.c.move_id).where(of_carer.c.case_id == _M.carer, of_carer.c.state == ADMITTED)
    asked = select(_K.task_id).where(
        _K.case_id == _C.case_id,
        _K.kind == NAME_CARER,
        _K.state.in_(sorted(LIVE)) | (_K.due_from >= gone.c.settled_at),
    )
    rows = conn.execute(
        select(_M.case_id, _M.move_id, gone.c.move_id.label("of"))
        .join_from(moves, cases, _C.case_id == _M.case_id)
        .join(gone, (gone.c.case_id == _M.carer) & (gone.c.state == LEFT))
        .where(IS_ADMITTED, _C.state == MOVED_TO_CENTRAL, _M.who != ADULT, ~there.exists(), ~asked.exists())
        .order_by(_M.admitted_at, _M.move_id)
        .limit(_MOST)
    )
    return [_Asked(row.case_id, NAME_CARER, f"{row.move_id}:{row.of}") for row in rows]

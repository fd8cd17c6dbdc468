"""Whoever is in a centre has no other clock here: their case ended as they were admitted. So it is looked
whether one who cannot be alone is without their carer, and who is still there past the last day.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from chassis.unit_of_work import UnitOfWork
from field.days import local_day
from services.isolation.cases.case import Case
from services.isolation.cases.ending import ended
from services.isolation.cases.events import caused_by_case, differences
from services.isolation.cases.in_hand import CasesInHand, cases_in_hand
from services.isolation.cases.merged import going_on, one_person
from services.isolation.cases.states import FOLLOWED, MOVED_TO_CENTRAL
from services.isolation.cases.tables import cases, merged_cases
from services.isolation.cases.unplanned import officers_task
from services.isolation.central.carers import without_carer
from services.isolation.central.tables import IS_ADMITTED, moves
from services.isolation.plans.states import LIVE
from services.isolation.plans.tables import tasks
from services.isolation.policies.rules import LEAVE_CENTRAL, NAME_CARER, OpeningTask

_MOST: Final = 100
_WAIVED_FOR: Final = timedelta(days=1)
"""So long whoever decided that somebody stays past the last day is not asked again."""
_M, _C = moves.c, cases.c
ALONG_WITH: Final = "along_with"
"""In the history of a case that ended as the bed of another goes on with it: that other one."""


class _Asked(NamedTuple):
    """A case with the kind of its task, and what that is about."""

    case_id: str
    kind: str
    about: str


def see_to_centres(uow: UnitOfWork) -> int:
    """Plan a task of the officer for each of them, with a ladder. Returns for how many.

    Who goes on as another case since they were admitted is there under that one, and not followed at home.
    """
    goes_on_as = _goes_on_as(uow.conn)
    if moved := _move_along(uow, goes_on_as):
        return moved
    first = _asked(uow, goes_on_as)
    taken = _take(uow, {one.case_id for one in first})
    if not taken:
        return 0
    planned = 0
    with cases_in_hand(uow, taken) as hand:
        # Once more: with their cases locked, nobody else changes one.
        for one in _asked(uow, goes_on_as):
            case = hand.find(one.case_id) if one.case_id in taken else None
            if case and case.state == MOVED_TO_CENTRAL and not _is_planned(hand, case, one):
                policy = hand.book.policy(case)
                asked = policy.name_carer if one.kind == NAME_CARER else policy.leave_central
                _plan(hand, case, asked, one.about)
                planned += 1
    return planned


def _goes_on_as(conn: Connection) -> Mapping[str, str]:
    """Cases of who is there that ended merged -> the case that goes on."""
    m = merged_cases.c
    merged = select(_M.case_id).join(merged_cases, m.case_id == _M.case_id)
    merged = merged.order_by(_M.admitted_at, _M.move_id)  # by the index of those who are there
    ids = set(conn.execute(merged.where(IS_ADMITTED, m.goes_on_as.is_not(None))).scalars())
    return going_on(conn, ids) if ids else {}


def _take(uow: UnitOfWork, case_ids: Collection[str], *these: ColumnElement[bool]) -> set[str]:
    wanted = select(_C.case_id).where(is_in(uow.conn, _C.case_id, case_ids), *these).order_by(_C.case_id)
    locked = wanted.with_for_update(skip_locked=True)
    return {row.case_id for row in uow.take(locked, _C.case_id, _MOST)} if case_ids else set()


def _move_along(uow: UnitOfWork, goes_on_as: Mapping[str, str]) -> int:
    """End those that go on, where they are followed at home, as with an admission. Returns how many."""
    taken = _take(uow, set(goes_on_as.values()), _C.state.in_(sorted(FOLLOWED)))
    if not taken:
        return 0
    moved = 0
    with cases_in_hand(uow, taken) as hand:
        # Once more, with their cases locked: whoever has come home meanwhile is not there.
        whose = {end: case_id for case_id, end in sorted(_goes_on_as(uow.conn).items())}
        for case_id in sorted(taken & whose.keys()):
            if (before := hand.find(case_id)) and before.state in FOLLOWED:
                after, more = ended(hand, before, MOVED_TO_CENTRAL)
                cause = caused_by_case(uow, case_id, before.correlation_id)
                to, detail = MOVED_TO_CENTRAL, {ALONG_WITH: whose[case_id], **differences(before, after)}
                hand.tell(before, after, to, cause, [to], to, {**detail, **more})
                moved += 1
    return moved


def _is_planned(hand: CasesInHand, case: Case, one: _Asked) -> bool:
    return any(task.kind == one.kind and task.about == one.about for task in hand.tasks(case))


def _plan(hand: CasesInHand, case: Case, asked: OpeningTask, about: str) -> None:
    task = officers_task(hand.book, case, asked, about=about)
    case = hand.plan(case, task, caused_by_case(hand.uow, case.case_id, case.correlation_id))
    hand.hear(case, asked.kind, None, task=task.task_id)


def _asked(uow: UnitOfWork, goes_on_as: Mapping[str, str]) -> list[_Asked]:
    return [*_past_the_term(uow, goes_on_as), *_without_carer(uow.conn, goes_on_as)]


def _past_the_term(uow: UnitOfWork, goes_on_as: Mapping[str, str]) -> list[_Asked]:
    """Who was not asked for today."""
    today, k = local_day(uow.now, uow.zone), tasks.c
    asked = select(k.task_id).where(
        k.case_id == _C.case_id,
        k.kind == LEAVE_CENTRAL,
        k.state.in_(sorted(LIVE)) | (k.due_from > uow.now - _WAIVED_FOR),
    )
    late = (_C.state == MOVED_TO_CENTRAL, _C.release_on < today, ~asked.exists())
    there = select(_C.case_id).join_from(moves, cases, _C.case_id == _M.case_id).where(IS_ADMITTED, *late)
    own = uow.conn.execute(there.order_by(_M.admitted_at, _M.move_id).limit(_MOST)).scalars()
    found = {id for id in own if id not in goes_on_as}
    if goes_on_as:
        others = select(_C.case_id).where(is_in(uow.conn, _C.case_id, set(goes_on_as.values())), *late)
        found |= set(uow.conn.execute(others).scalars())
    return [_Asked(id, LEAVE_CENTRAL, f"{id}:{today.isoformat()}") for id in sorted(found)]


def _without_carer(conn: Connection, goes_on_as: Mapping[str, str]) -> list[_Asked]:
    """Whose carer gave a bed back, as they left or did not come, and nobody was asked for since."""
    wards = without_carer(conn)
    if not wards:
        return []
    end_of = one_person(conn, {id for ward in wards for id in (ward.case_id, ward.carer)})
    beds = select(_M.case_id, _M.move_id, _M.settled_at).where(
        is_in(conn, _M.case_id, end_of), _M.settled_at.is_not(None)
    )
    in_turn = conn.execute(beds.order_by(_M.settled_at, _M.move_id))  # the last one of each counts
    given_back = {end_of[row.case_id]: (row.settled_at, row.move_id) for row in in_turn}
    k = tasks.c
    named = select(k.case_id, k.state, k.due_from).where(is_in(conn, k.case_id, end_of), k.kind == NAME_CARER)
    asked = [(end_of[row.case_id], row) for row in conn.execute(named)]
    found = []
    for ward in wards:
        when, of = given_back.get(end_of[ward.carer], (None, ""))
        of_it = (row for end, row in asked if end == end_of[ward.case_id])
        if when and not any(row.state in LIVE or row.due_from >= when for row in of_it):
            whose = goes_on_as.get(ward.case_id, ward.case_id)
            found.append(_Asked(whose, NAME_CARER, f"{ward.move_id}:{of}"))
    return found[:_MOST]

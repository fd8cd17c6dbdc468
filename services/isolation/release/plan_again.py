"""What a household needs or refuses goes on when the case that has its task ends: another one has it then.

A case ends by a decision, by news of the arrival, or merged with another, and each of these takes back the
tasks of the case; it may open again, too. So needs that nobody withdrew and refusals that nobody settled are
looked for here whose task was taken back, and that name somebody who is followed. However the case ended,
none of them is forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from typing import Any, Final, NamedTuple

from sqlalchemy import select

from chassis.database.statements import is_in, update_rows
from chassis.unit_of_work import UnitOfWork
from services.isolation.cases.case import Case
from services.isolation.cases.casebook import Casebook, casebook
from services.isolation.cases.events import caused_by_case
from services.isolation.cases.tables import cases
from services.isolation.cases.unplanned import officers_task, unplanned_task
from services.isolation.needs.rules import KINDS_OF_TASK
from services.isolation.needs.tables import needs
from services.isolation.notices.tables import refusals
from services.isolation.plans.tables import TAKEN_BACK_OF_HOUSEHOLD, tasks
from services.isolation.plans.task import Task
from services.isolation.policies.rules import SETTLE_REFUSAL, OpeningTask

_LOOKED_BACK: Final = timedelta(days=60)
"""Longer than any measure runs, with the days within which a case is opened again."""
_MOST: Final = 100


class _Dropped(NamedTuple):
    """A need or a refusal whose task was taken back.

    :param id: of the need or the refusal.
    :param task: task_id, case_id, kind, role, due_from and due_by of its task.
    :param named: cases that it is about.
    """

    id: str
    task: Any
    named: frozenset[str]


def plan_again(uow: UnitOfWork) -> int:
    """Plan its task anew with one of those it names who are followed. Returns for how many."""
    followed = _followed(uow, _dropped(uow))
    if not followed:
        return 0
    with casebook(uow) as book:
        named = {id for one in followed for id in (one.task.case_id, *one.named)}
        # A case that another replica holds waits for the next turn.
        free = book.take(is_in(uow.conn, cases.c.case_id, named), cases.c.case_id)
        locked = {case.case_id: case for case in free}
        dropped = _dropped(uow)  # once more: with its cases locked, nobody else changes one
        planned = [(one, task) for one in dropped if (task := _plan(book, locked, one))]
    rows = [
        {"need_id": one.id, "case_id": task.case_id, "task_id": task.task_id}
        for one, task in planned
        if task.kind != SETTLE_REFUSAL
    ]
    update_rows(uow.conn, needs, rows, key=["need_id"], set=["case_id", "task_id"])
    rows = [
        {"case_id": case_id, "refusal_id": one.id, "task_id": task.task_id}
        for one, task in planned
        if task.kind == SETTLE_REFUSAL
        for case_id in sorted(one.named)
    ]
    update_rows(uow.conn, refusals, rows, key=["case_id", "refusal_id"], set=["task_id"])
    return len(planned)


def _dropped(uow: UnitOfWork) -> list[_Dropped]:
    k, n, r = tasks.c, needs.c, refusals.c
    its = (k.task_id, k.case_id, k.kind, k.role, k.due_from, k.due_by)
    taken_back = (TAKEN_BACK_OF_HOUSEHOLD, k.due_from > uow.now - _LOOKED_BACK)
    asked = (
        select(*its, n.need_id, n.people)
        .join(needs, n.task_id == k.task_id)
        .where(*taken_back, k.kind.in_(KINDS_OF_TASK), n.withdrawn_at.is_(None))
        .order_by(n.need_id)
    )
    found = [_Dropped(row.need_id, row, frozenset(row.people)) for row in uow.conn.execute(asked)]
    refused = (
        select(*its, r.refusal_id, r.case_id.label("named"))
        .join(refusals, r.task_id == k.task_id)
        .where(*taken_back, k.kind == SETTLE_REFUSAL)
        .order_by(r.refusal_id, k.task_id)
    )
    rows = uow.conn.execute(refused).all()
    for (id, _), of_it in groupby(rows, lambda row: (row.refusal_id, row.task_id)):
        first, *others = of_it
        found.append(_Dropped(id, first, frozenset({first.named, *(row.named for row in others)})))
    return found


def _followed(uow: UnitOfWork, dropped: Sequence[_Dropped]) -> list[_Dropped]:
    """Those that name somebody who is followed, as many as one turn takes."""
    c = cases.c
    named = {id for one in dropped for id in one.named}
    these = select(c.case_id).where(is_in(uow.conn, c.case_id, named), c.closed_at.is_(None))
    followed = set(uow.conn.execute(these).scalars()) if named else set()
    return [one for one in dropped if one.named & followed][:_MOST]


def _plan(book: Casebook, locked: dict[str, Case], one: _Dropped) -> Task | None:
    """None: it waits, or nobody is followed whom it names."""
    before, now = one.task, book.uow.now
    people = [locked[id] for id in one.named if id in locked and locked[id].closed_at is None]
    if before.case_id not in locked or not people:
        return None
    case = max(people, key=lambda case: (case.release_on, case.case_id))
    # Of a case that opened again it begins anew; another goes on by the clock that runs.
    ends = now + (before.due_by - before.due_from) if case.case_id == before.case_id else before.due_by
    asked = OpeningTask(before.kind, before.role, ends - now)
    if before.kind == SETTLE_REFUSAL:
        task = officers_task(book, case, asked, about=one.id)
    else:
        task = unplanned_task(case, book.policy(case), asked, now, book.uow.zone, about=one.id)
    case = book.add_unplanned(case, task, caused_by_case(book.uow, case.case_id, case.correlation_id))
    case = locked[case.case_id] = replace(case, history_lines=case.history_lines + 1)
    detail = {"task": task.task_id, "kind": task.kind, "instead_of": before.task_id}
    book.add_line(case, "planned_again", None, detail)
    return task

"""Nothing was reported of somebody in several windows in a row: somebody goes there and looks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from chassis.commands.command import Said
from chassis.database.statements import is_in
from chassis.unit_of_work import UnitOfWork
from services.isolation.cases.case import Case
from services.isolation.cases.casebook import Casebook, casebook
from services.isolation.cases.events import caused_by_case
from services.isolation.cases.in_hand import CasesInHand
from services.isolation.cases.unplanned import unplanned_task
from services.isolation.check_ins.rules import Asked, silent_since, silent_windows
from services.isolation.plans.acts import DONE, WAIVED, Acts
from services.isolation.plans.rows import acts_from
from services.isolation.plans.tables import tasks
from services.isolation.plans.task import Task
from services.isolation.policies.known import Policies
from services.isolation.policies.rules import CHECK_IN, SEE_SILENT

_SEEN: Final = "seen"
_K = tasks.c


def see_silent(uow: UnitOfWork, policies: Policies, ended: Mapping[str, str]) -> set[str]:
    """Plan a visit to each of whom as many windows in a row as the policy says ended with nothing reported.

    :param ended: cases of which such a window has ended, each with its policy. Their tasks may be held.
    :return: those that somebody else holds now: look at them again.
    """
    silent = _silent(uow, policies, ended)
    if not silent:
        return set()
    with casebook(uow) as book:
        free = {case.case_id: case for case in book.lock_if_free(silent)}
        still = _silent(uow, policies, {id: case.policy_id for id, case in free.items()})
        for id in sorted(still):
            _plan_visit(book, free[id], still[id])
    return silent.keys() - free.keys()


def heard_of(hand: CasesInHand, said: Said, case: Case, moment: datetime, how_known: str) -> None:
    """Something was reported of them: nobody has to go there, or somebody is there now.

    :param moment: of which the report is: the beginning of the window that it settles, which nobody has
        settled yet, or else when the check-in was taken. A report of a moment before the windows for which
        somebody goes there says nothing of them.
    """
    known = hand.tasks(case)
    visits = [task for task in known if task.kind == SEE_SILENT and task.live]
    asked = [_as_asked(task) for task in known] if visits else []
    for task in visits:
        since = silent_since(asked, task.about)
        if since is not None and moment < since:
            continue
        if how_known == _SEEN:
            hand.done(said, case, task, how=how_known)
        else:
            hand.change_tasks(case, [task.cancelled()])


def _silent(uow: UnitOfWork, policies: Policies, policy_of: Mapping[str, str]) -> Mapping[str, list[Asked]]:
    """Those of these cases to whom somebody is to go, with the windows of which nothing was reported."""
    found = {
        id: silent_windows(asked, uow.now, policies.by_id[policy_of[id]])
        for id, asked in _asked(uow, policy_of).items()
    }
    return {id: windows for id, windows in found.items() if windows}


def _asked(uow: UnitOfWork, case_ids: Iterable[str]) -> Mapping[str, list[Asked]]:
    columns = (_K.task_id, _K.kind, _K.state, _K.due_from, _K.due_by, _K.acts)
    of_cases = is_in(uow.conn, _K.case_id, sorted(case_ids))
    wanted = select(_K.case_id, *columns).where(of_cases, _K.kind.in_((CHECK_IN, SEE_SILENT)))
    found: dict[str, list[Asked]] = {}
    for row in uow.conn.execute(wanted):
        acts = acts_from(row.acts) if row.kind == SEE_SILENT and row.acts else None
        asked = Asked(row.task_id, row.kind, row.state, row.due_from, row.due_by, _ended_at(acts))
        found.setdefault(row.case_id, []).append(asked)
    return found


def _as_asked(task: Task) -> Asked:
    ended_at = _ended_at(task.acts) if task.kind == SEE_SILENT else None
    return Asked(task.task_id, task.kind, task.state, task.due_from, task.due_by, ended_at)


def _ended_at(acts: Acts | None) -> datetime | None:
    ended = acts.last(DONE, WAIVED) if acts else None
    return ended.at if ended else None


def _plan_visit(book: Casebook, case: Case, missed: list[Asked]) -> None:
    uow, policy = book.uow, book.policy(case)
    task = unplanned_task(case, policy, policy.see_silent, uow.now, uow.zone, about=missed[-1].task_id)
    case = book.add_unplanned(case, task, caused_by_case(uow, case.case_id, case.correlation_id))
    case = replace(case, history_lines=case.history_lines + 1)
    detail: dict[str, Any] = {"task": task.task_id, "windows": [one.task_id for one in missed]}
    book.add_line(case, SEE_SILENT, None, detail)

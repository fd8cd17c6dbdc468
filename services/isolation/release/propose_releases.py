"""Whoever is held by nothing any more is proposed for release, which an officer confirms; or goes on to the
next stage of their measure, which the policy orders already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from chassis.database.statements import delete_rows, update_rows
from chassis.unit_of_work import UnitOfWork
from field.days import day_begins
from services.isolation.cases import states
from services.isolation.cases.case import Case
from services.isolation.cases.casebook import CHUNK, Casebook, casebook
from services.isolation.cases.events import caused_by_case
from services.isolation.cases.lookup import due_cases
from services.isolation.cases.release_checks import look_at_forgotten
from services.isolation.cases.revise_cases import Occasion, revise_cases
from services.isolation.cases.revising import NEXT_STAGE, Change, next_stage
from services.isolation.cases.rows import case_from
from services.isolation.cases.tables import cases, release_checks
from services.isolation.cases.unplanned import officers_task
from services.isolation.central.leave_centre import come_no_more
from services.isolation.plans.rows import lock_tasks
from services.isolation.plans.task import Task
from services.isolation.policies.rules import CONFIRM_RELEASE, PAST_THE_TERM, OpeningTask
from services.isolation.release.facts import KINDS, facts_of
from services.isolation.release.rules import lacks

AGAIN_AFTER: Final = timedelta(hours=1)
"""Whoever is held is looked at again, even where nothing was said of them: a fever passes."""
_KINDS: Final = (*KINDS, CONFIRM_RELEASE, PAST_THE_TERM)


class _Look(NamedTuple):
    """A case at its end, as it is found.

    :param lacks: what holds them.
    :param checked: the row of release_checks.
    """

    case: Case
    tasks: Sequence[Task]
    lacks: tuple[str, ...]
    checked: Any


def propose_releases(uow: UnitOfWork) -> int:
    """Look at each case whose last day is planned, when that day begins and when something was said of it.

    Whom nothing holds is proposed, with a task for the officer; who is proposed and held again is so no more;
    who is held past the last day has a task for the officer, too. Where that day ends a stage, and nothing
    holds them, the next one begins. Returns how many were looked at, or are to be.
    """
    due = _due(uow)
    if not due:  # not each time: whoever looks for them reads all cases at their end
        return look_at_forgotten(uow.conn, uow.now, CHUNK)
    with casebook(uow) as book:
        found = [case_from(row) for row in due]
        tasks = lock_tasks(uow.conn, [case.case_id for case in found], _KINDS)
        facts = facts_of(uow, found, tasks)
        checked = {row.case_id: row for row in due}
        looks, going_on = [], []
        for case in found:
            stands = book.standing(case)
            of_case = lacks(stands.rule.release, facts[case.case_id])
            if stands.to_come and not of_case:
                change = Change(NEXT_STAGE, (next_stage(case, stands, uow.now),), from_today=True)
                going_on.append(Occasion(case, change))
            else:
                looks.append(_Look(case, tasks.get(case.case_id, ()), of_case, checked[case.case_id]))
        rows = [_see_to(book, look) for look in looks]
        # The row goes, with what held them in the stage before and since when. The book, which writes after
        # this, makes a new one once the last day of the next stage is planned.
        ended = [{"case_id": one.case.case_id} for one in going_on]
        delete_rows(uow.conn, release_checks, ended, key=["case_id"])
        revisions = revise_cases(book, going_on)
        come_no_more(uow, [one.case.case_id for one in revisions if one.begins_stage])
    update_rows(
        uow.conn,
        release_checks,
        rows,
        key=["case_id"],
        set=["check_at", "lacks", "proposed_at", "past_since"],
    )
    return len(due)


def _due(uow: UnitOfWork) -> Sequence[Any]:
    r = release_checks.c
    columns = (cases, r.lacks, r.proposed_at, r.past_since)
    due = due_cases(release_checks, r.check_at, uow.now, *columns)
    return uow.take(due.where(cases.c.closed_at.is_(None)), cases.c.case_id, CHUNK)


def _see_to(book: Casebook, look: _Look) -> Mapping[str, Any]:
    """The row of release_checks as it is from now on."""
    today, proposed_at = book.present.today, look.checked.proposed_at
    past_since: date | None = None
    if not look.lacks:
        proposed_at = _propose(book, look) or proposed_at
    else:
        proposed_at = None
        past_since = today if today > look.case.release_on else None
        _hold(book, look, past_since)
    return {
        "case_id": look.case.case_id,
        "check_at": _next(book, look),
        "lacks": ",".join(look.lacks),
        "proposed_at": proposed_at,
        "past_since": past_since and (look.checked.past_since or past_since),
    }


def _next(book: Casebook, look: _Look) -> datetime | None:
    """When it is looked again; None: not before something is said."""
    if not look.lacks:
        return None
    if "days" in look.lacks:
        return day_begins(look.case.release_on, book.uow.zone)
    return book.uow.now + AGAIN_AFTER


def _propose(book: Casebook, look: _Look) -> datetime | None:
    """When it was proposed; None: it was before."""
    case = look.case
    if any(task.kind == CONFIRM_RELEASE and task.live for task in look.tasks):
        return None
    if case.state != states.RELEASE_REVIEW:
        case = replace(case, state=states.CASE.move(case.state, states.RELEASE_REVIEW))
    _take_back(book, look, PAST_THE_TERM)
    _plan(book, case, book.policy(case).confirm_release, "release_proposed", {})
    return book.uow.now


def _hold(book: Casebook, look: _Look, past_since: date | None) -> None:
    """Take back what was proposed; where somebody is held past the last day, plan a task for the officer."""
    case = look.case
    detail = {"lacks": list(look.lacks)}
    _take_back(book, look, CONFIRM_RELEASE)
    if case.state == states.RELEASE_REVIEW:
        case = replace(case, state=states.CASE.move(case.state, states.ACTIVE))
        case = _with_line(book, case, "release_held", detail)
    if past_since and not any(task.kind == PAST_THE_TERM and task.live for task in look.tasks):
        _plan(book, case, book.policy(case).past_the_term, "held_past_the_term", detail)


def _with_line(book: Casebook, case: Case, what: str, detail: Mapping[str, Any]) -> Case:
    case = replace(case, history_lines=case.history_lines + 1)
    book.change(case, what, None, detail)
    return case


def _plan(book: Casebook, case: Case, asked: OpeningTask, what: str, detail: Mapping[str, Any]) -> None:
    """A task for the officer, and the line in the history that says why."""
    cause = caused_by_case(book.uow, case.case_id, case.correlation_id)
    about = f"{what}:{case.history_lines + 1}"
    task = officers_task(book, case, asked, about=about)
    case = book.add_unplanned(case, task, cause)
    _with_line(book, case, what, {**detail, "task": task.task_id})


def _take_back(book: Casebook, look: _Look, kind: str) -> None:
    book.change_tasks(task.cancelled() for task in look.tasks if task.kind == kind and task.live)

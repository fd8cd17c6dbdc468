"""Staff have come: cases that wait for an owner, or whose team lacks a role, are given to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chassis.database.statements import update_rows
from chassis.unit_of_work import UnitOfWork
from services.isolation.cases.case import Case
from services.isolation.cases.casebook import Casebook, casebook
from services.isolation.cases.events import change_data
from services.isolation.cases.revise_cases import Occasion, revise_cases
from services.isolation.cases.revising import Change
from services.isolation.cases.staffing import (
    choose_team,
    is_anybody_near,
    places_of,
    roles_lacking,
    roles_of,
    unassigned_since,
)
from services.isolation.cases.story import Standing
from services.isolation.cases.tables import cases as table
from services.isolation.plans.replanning import handed_over
from services.isolation.plans.task import Task

_REASON = "staff_came"


def assign_waiting(uow: UnitOfWork) -> int:
    """Give cases without an owner to staff that have come since; then fill the teams that lack somebody."""
    c = table.c
    with casebook(uow) as book:
        older = c.staff_epoch < book.reference.staff.revision
        cases = book.take(c.unassigned_since.is_not(None) & older, c.staff_epoch)
        if not cases:
            lacking = c.team_lacks.is_not(None) & c.closed_at.is_(None)
            cases = book.take(lacking & older, c.staff_epoch)
        ready = [case for case in cases if _may_be_given(book, case)]
        _pass_over(book, cases, ready)
        _assign(book, [case for case in ready if case.owner is None])
        change = Change(_REASON, from_today=True)
        revise_cases(book, [Occasion(case, change) for case in ready if case.owner is not None])
    return len(cases)


def _may_be_given(book: Casebook, case: Case) -> bool:
    """Whether anybody near has a role that the case lacks."""
    roles = case.team_lacks if case.owner else roles_of(book.standing(case))
    places = places_of(case.arrival, book.reference.places)
    return is_anybody_near(case.arrival, roles, places, book.reference.staff)


def _pass_over(book: Casebook, cases: Sequence[Case], ready: Sequence[Case]) -> None:
    """Those whom nobody can be given to wait for the next change of staff."""
    passed_over = {case.case_id for case in cases} - {case.case_id for case in ready}
    seen = [{"case_id": case, "staff_epoch": book.reference.staff.revision} for case in sorted(passed_over)]
    update_rows(book.uow.conn, table, seen, key=["case_id"], set=["staff_epoch"])


def _assign(book: Casebook, cases: Sequence[Case]) -> None:
    """Give each of the cases a team, and its tasks to the team; the plan stays."""
    places = [places_of(case.arrival, book.reference.places) for case in cases]
    standings = [book.standing(case) for case in cases]
    tasks = book.lock_tasks(cases)
    book.loads.read(zip(map(roles_of, standings), places, strict=True))
    for case, near, stands in zip(cases, places, standings, strict=True):
        _give(book, case, near, stands, tasks.get(case.case_id, []))


def _give(
    book: Casebook, case: Case, places: tuple[str, ...], stands: Standing, written: Sequence[Task]
) -> None:
    staff = book.reference.staff
    team = choose_team(case.arrival, stands, places, staff, book.loads.known)
    book.loads.give(team)
    given = replace(
        case,
        version=case.version + 1,
        team=team,
        team_lacks=roles_lacking(team, stands),
        unassigned_since=unassigned_since(case, team, book.uow.now),
        staff_seen=staff.revision,
        history_lines=case.history_lines + 1,
    )
    handed = {task.task_id: task for task in handed_over(written, team)}
    book.change_tasks(handed.values())
    book.change(given, "assigned", None, {"reason": _REASON, "owner": [None, given.owner]})
    live = [handed.get(task.task_id, task) for task in written if task.live]
    book.publish("case.changed", given, stands, live, None, change_data(["assigned"], case, _REASON, team))

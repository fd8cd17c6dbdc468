"""Each day the next day is planned for every case that is followed."""

from __future__ import annotations

from dataclasses import replace

from chassis.unit_of_work import UnitOfWork
from services.isolation.cases.case import Case
from services.isolation.cases.casebook import Casebook, casebook
from services.isolation.cases.revising import day_to_plan
from services.isolation.cases.tables import cases as table
from services.isolation.plans.task import new_task


def plan_next_day(uow: UnitOfWork) -> int:
    """Plan what is due tomorrow for every case followed; days that were missed are planned too."""
    with casebook(uow) as book:
        cases = book.take(table.c.plan_next <= book.present.through, table.c.plan_next)
        for case in cases:
            _plan_more(book, case)
    return len(cases)


def _plan_more(book: Casebook, case: Case) -> None:
    """Plan the days after `planned_until`, up to tomorrow."""
    through = max(book.present.through, case.planned_until)
    stands = book.standing(case)
    planned = stands.tasks(case.planned_until)
    tasks = [
        new_task(case.case_id, case.team, task)
        for key, task in stands.tasks(through).items()
        if key not in planned
    ]
    case = replace(
        case,
        planned_until=through,
        plan_next=day_to_plan(through, stands),
        tasks_planned=case.tasks_planned + len(tasks),
        plan_number=case.plan_number + bool(tasks),
    )
    book.advance(case)
    book.add_tasks(tasks)
    if tasks:
        book.publish_tasks(case, tasks, None)

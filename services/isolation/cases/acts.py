"""What people and other systems say of cases: each command in its turn, on what the ones before it left."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from chassis.commands.command import Outcome, Said
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Refused
from field.places import PlaceTree
from field.scope import Scope
from services.isolation.cases.case import Case
from services.isolation.cases.casebook import Casebook, casebook
from services.isolation.plans.task import Task
from services.isolation.teams.rules import Place

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Acts:
    """The cases of a batch of commands with their tasks, locked, as the commands so far have left them."""

    def __init__(self, book: Casebook, case_ids: Iterable[str]) -> None:
        self.book = book
        self.uow = book.uow
        # The database would refuse the whole batch for one text that is no id.
        self._cases = book.lock({id for id in case_ids if _ID.fullmatch(id)})
        self._tasks = book.lock_tasks(self._cases.values())

    def case(self, said: Said, case_id: str) -> Case:
        """The case as it stands. Raises Refused, `unknown`, where the author does not reach it."""
        case = self._cases.get(case_id)
        if case is None or not within(said.scope, case, self.book.reference.places):
            raise Refused.unknown("case", case_id)
        return case

    def tasks(self, case: Case) -> Sequence[Task]:
        """All tasks of the case, whatever their state."""
        return self._tasks.get(case.case_id, ())

    def change_tasks(self, case: Case, changed: Sequence[Task]) -> None:
        """Write changed tasks of the case; the commands after this one find them so."""
        by_id = {task.task_id: task for task in changed}
        self._tasks[case.case_id] = [by_id.get(task.task_id, task) for task in self.tasks(case)]
        self.book.change_tasks(changed)

    def add_task(self, said: Said, case: Case, task: Task) -> Case:
        """Plan one more task, and say so. Returns the case, which counts it."""
        case = replace(case, tasks_planned=case.tasks_planned + 1, plan_number=case.plan_number + 1)
        self._tasks[case.case_id] = [*self.tasks(case), task]
        self.book.add_tasks([task])
        self.book.publish_tasks(case, [task], said.event)
        self._cases[case.case_id] = case
        return case

    def add_line(self, said: Said, case: Case, what: str, **detail: Any) -> Case:
        """Add a line to the case's history: who said what, and by which event. Returns the case with it."""
        case = self._cases[case.case_id] = replace(case, history_lines=case.history_lines + 1)
        self.book.add_line(case, what, said.event, {"by": said.author.source, "at": said.at, **detail})
        return case


def within(scope: Scope, case: Case, places: PlaceTree[Place]) -> bool:
    """Whether the case lies within the scope: in one of its places or below, or in one of its households."""
    a = case.arrival
    own = (a.grid, a.community, a.street)
    return scope.covers(*own, *places.upward(*own)) or scope.covers_household(a.household_id)


def each_in_turn(
    uow: UnitOfWork,
    commands: Sequence[Said],
    cases_of: Callable[[Said], Iterable[str]],
    act: Callable[[Acts, Said], Outcome],
) -> list[Outcome]:
    """Carry out commands in their order.

    :param cases_of: ids of the cases that a command names; all of the batch are locked at once.
    :param act: carries out one command. It raises Refused before it has changed anything.
    """
    with casebook(uow) as book:
        acts = Acts(book, (case_id for said in commands for case_id in cases_of(said)))
        return [_outcome(acts, said, act) for said in commands]


def _outcome(acts: Acts, said: Said, act: Callable[[Acts, Said], Outcome]) -> Outcome:
    try:
        return act(acts, said)
    except Refused as refused:
        return Outcome.refused(refused)

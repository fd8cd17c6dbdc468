"""The cases of one unit of work: read and locked in one order, collected, written by a few bulk statements.

Locks are taken in one order everywhere: new cases by inserting them (sorted), then cases that are stored
(sorted), their tasks (sorted), staff loads (sorted). So replicas wait for each other, but never in a ring.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import ColumnElement, select

from chassis.database.statements import insert_rows, is_in, is_one_of, listed
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from services.isolation.cases.case import Case
from services.isolation.cases.events import case_data, caused_by_case, member_data, tasks_data
from services.isolation.cases.release_checks import look_no_more, look_now, look_when_due
from services.isolation.cases.revising import WRONG_NUMBER
from services.isolation.cases.rows import case_from, insert_cases, update_cases, update_counts, update_plans
from services.isolation.cases.story import Standing, standing
from services.isolation.cases.tables import case_history
from services.isolation.cases.tables import cases as table
from services.isolation.cases.watched import is_new
from services.isolation.links.links_of import links_of, renew
from services.isolation.plans.present import Present
from services.isolation.plans.rows import insert_tasks, lock_tasks, update_tasks
from services.isolation.plans.task import Task
from services.isolation.policies.rules import Policy, Rule
from services.isolation.reference import Reference, current
from services.isolation.teams.ladder import Whereabouts, at_levels
from services.isolation.teams.loads import Loads

_OPENED: Final = "case.opened"
_OF_A_WRONG_PHONE: Final = frozenset({"phone", WRONG_NUMBER})
"""Kinds of change after which somebody else may hold the link."""
_LOCKED: Final = (
    select(table).where(is_one_of(table.c.case_id, "case_ids")).order_by(table.c.case_id).with_for_update()
)
_LOCKED_IF_FREE: Final = _LOCKED.with_for_update(skip_locked=True)
CHUNK = 1000
"""So many cases or tasks one unit of work of a timer takes."""


class Casebook:
    """Collects what becomes of cases. Made by `casebook(uow)`, which writes it at the end."""

    def __init__(self, uow: UnitOfWork, reference: Reference) -> None:
        self.uow = uow
        self.reference = reference
        self.present = Present.at(uow.now, uow.zone)
        self.loads = Loads(uow.conn, reference.staff.roster)
        self._inserted: list[Case] = []
        self._changed: dict[str, Case] = {}
        self._only_counted: dict[str, Case] = {}
        self._advanced: list[Case] = []
        self._new_tasks: list[Task] = []
        self._changed_tasks: dict[str, Task] = {}
        self._history: list[dict[str, Any]] = []
        self._officers: dict[tuple[Rule, str | None, str | None, str | None], list[dict[str, Any]]] = {}
        self._told: list[tuple[str, Case, dict[str, Any], Event]] = []

    # -- reading ---------------------------------------------------------------------------------------

    def stored(self, case_ids: Collection[str]) -> set[str]:
        """Those of these cases that are stored."""
        conn = self.uow.conn
        these = is_in(conn, table.c.case_id, case_ids)
        return set(conn.execute(select(table.c.case_id).where(these)).scalars())

    def lock(self, case_ids: Collection[str]) -> dict[str, Case]:
        """Those of these cases that are stored, locked in sorted order. New cases are inserted first."""
        if not case_ids:
            return {}
        rows = self.uow.conn.execute(_LOCKED, {"case_ids": listed(case_ids)})
        return {row.case_id: case_from(row) for row in rows}

    def lock_if_free(self, case_ids: Collection[str]) -> list[Case]:
        """Those of these cases that nobody else holds, for whoever holds tasks already: to wait would be to
        wait in a ring.
        """
        rows = self.uow.conn.execute(_LOCKED_IF_FREE, {"case_ids": listed(case_ids)})
        return [case_from(row) for row in rows]

    def take(self, wanted: ColumnElement[bool], order: ColumnElement[Any]) -> list[Case]:
        """A bounded number of cases by their state, locked, without those that another replica holds.

        Rows are taken as the index gives them: thousands fall due at the same moment, and sorting them for
        each thousand would be slow.
        """
        query = select(table).where(wanted).order_by(order).with_for_update(skip_locked=True)
        return [case_from(row) for row in self.uow.take(query, table.c.case_id, CHUNK)]

    def lock_tasks(self, cases: Iterable[Case]) -> dict[str, list[Task]]:
        """The tasks of these cases by case."""
        return lock_tasks(self.uow.conn, [case.case_id for case in cases])

    def policy(self, case: Case) -> Policy:
        """The one under which the case is."""
        return self.reference.policies.by_id[case.policy_id]

    def standing(self, case: Case) -> Standing:
        """Where the case stands by all that is known of it."""
        policies = self.reference.policies.by_id
        return standing(case.story, case.arrival.arrived_at, policies, self.uow.zone)

    # -- collecting ------------------------------------------------------------------------------------

    def insert(self, cases: Sequence[Case]) -> list[str]:
        """Insert new cases at once. Returns the ids of those that no other replica had opened."""
        inserted = insert_cases(self.uow.conn, cases)
        new = set(inserted)
        self._inserted += [case for case in cases if case.case_id in new]
        return inserted

    def change(self, case: Case, what: str, cause: Event | None, detail: Mapping[str, Any]) -> None:
        """A changed case, with the line in its history that says so."""
        self._changed[case.case_id] = case
        self.note(case, what, cause, detail)

    def note(self, case: Case, what: str, cause: Event | None, detail: Mapping[str, Any]) -> None:
        """The newest line of the case's history, which its `history_lines` counts already."""
        self._history.append(
            {
                "case_id": case.case_id,
                "number": case.history_lines,
                "at": self.uow.now,
                "what": what[:60],
                "event_id": cause.id if cause else None,
                "detail": detail,
            }
        )

    def add_line(self, case: Case, what: str, cause: Event | None, detail: Mapping[str, Any]) -> None:
        """A case that stands as it stood, with one more line of history and perhaps more tasks."""
        written = self._changed if case.case_id in self._changed else self._only_counted
        written[case.case_id] = case
        self.note(case, what, cause, detail)

    def advance(self, case: Case) -> None:
        """Only the plan of the case goes on."""
        self._advanced.append(case)

    def add_unplanned(self, case: Case, task: Task, cause: Event) -> Case:
        """One task more, which no plan foresaw, and say so. Returns the case, which counts it."""
        case = replace(case, tasks_planned=case.tasks_planned + 1, plan_number=case.plan_number + 1)
        self.add_tasks([task])
        self.publish_tasks(case, [task], cause)
        return case

    def add_tasks(self, tasks: Iterable[Task]) -> None:
        self._new_tasks.extend(tasks)

    def change_tasks(self, tasks: Iterable[Task]) -> None:
        self._changed_tasks.update({task.task_id: task for task in tasks})

    # -- events ----------------------------------------------------------------------------------------

    def publish(
        self,
        type: str,
        case: Case,
        stands: Standing,
        tasks: Iterable[Task],
        cause: Event | None,
        change: Mapping[str, Any] | None = None,
    ) -> None:
        """Record case.opened, or with `change` case.changed; it says the link of the household, too."""
        data = case_data(case, stands, self.reference.staff, tasks, self.present.tomorrow_begins)
        if change is not None:
            data["change"] = change
        else:
            data["officers"] = self._officers_told(case, stands)
        self._told.append((type, case, data, cause or self._reminder(case)))

    def _officers_told(self, case: Case, stands: Standing) -> list[dict[str, Any]]:
        """Those of the levels whom its policy tells of a case."""
        a = case.arrival
        key = (stands.rule, a.street, a.community, a.grid)
        if key not in self._officers:
            places, staff, ladder = self.reference.places, self.reference.staff, stands.rule.ladders.default
            # Of no level that a policy may tell (TOLD_OF_CASES) it matters whose case it is.
            where = Whereabouts(a.street, a.community, a.grid, worker=None)
            told = at_levels(stands.rule.told, ladder, where, places, staff, self.uow.now)
            self._officers[key] = [member_data(one.role, one.staff_id, staff) for one in told]
        return self._officers[key]

    def publish_tasks(self, case: Case, tasks: Iterable[Task], cause: Event | None) -> None:
        """Record task.planned."""
        data = tasks_data(case.case_id, tasks)
        cause = cause or self._reminder(case)
        self.uow.record("task.planned", case.case_id, case.plan_number, data, cause=cause)

    def _reminder(self, case: Case) -> Event:
        return caused_by_case(self.uow, case.case_id, case.correlation_id)

    # -- writing ---------------------------------------------------------------------------------------

    def write(self) -> None:
        """Everything that was collected, in a few statements: cases, their tasks, loads, links last."""
        conn = self.uow.conn
        insert_tasks(conn, self._new_tasks)
        update_cases(conn, list(self._changed.values()))
        update_counts(conn, [case for id, case in self._only_counted.items() if id not in self._changed])
        update_plans(conn, self._advanced)
        update_tasks(conn, list(self._changed_tasks.values()))
        insert_rows(conn, case_history, self._history)
        self._check_releases()
        is_new(conn, self._said_of(), self.uow.now)
        self.loads.write()
        self._tell()

    def _said_of(self) -> set[str]:
        """Cases that were there before, and of which something is new."""
        of_tasks = {task.case_id for task in self._changed_tasks.values()}
        return {*self._changed, *self._only_counted, *of_tasks}

    def _check_releases(self) -> None:
        """Of whom something is new: look whether they may be released, once their last day has come."""
        conn, now, zone = self.uow.conn, self.uow.now, self.uow.zone
        changed = self._changed.values()
        look_when_due(conn, [*self._inserted, *changed, *self._advanced], now, zone)
        only_counted = [case for id, case in self._only_counted.items() if id not in self._changed]
        look_now(conn, only_counted, now, zone)
        new = {case.case_id for case in self._inserted}
        look_no_more(conn, [case for case in changed if case.case_id not in new])

    def _tell(self) -> None:
        """Record the events about cases, each with its household's link. A case that has ended needs none."""
        new: dict[str, set[str]] = {}
        known: dict[str, set[str]] = {}
        for type, case, _, _ in self._told:
            if case.closed_at is None:
                households = new if type == _OPENED else known
                households.setdefault(case.household, set()).add(case.case_id)
        links = links_of(self.uow, new, known)
        strayed = {case.household for _, case, data, _ in self._told if _went_to_a_wrong_phone(data)}
        if strayed:
            links |= renew(self.uow, strayed)
        for type, case, data, cause in self._told:
            data["link"] = links.get(case.household) if case.closed_at is None else None
            self.uow.record(type, case.case_id, case.version, data, cause=cause)


def _went_to_a_wrong_phone(data: Mapping[str, Any]) -> bool:
    """Whether the link of a household stands in texts to a number that was not theirs."""
    return not _OF_A_WRONG_PHONE.isdisjoint((data.get("change") or {}).get("kinds", ()))


@contextmanager
def casebook(uow: UnitOfWork) -> Iterator[Casebook]:
    """The cases of this unit of work; what is collected is written when the block ends."""
    book = Casebook(uow, current(uow))
    yield book
    book.write()

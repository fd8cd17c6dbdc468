"""Tasks that were not done in time are brought up the ladder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from chassis.database.statements import update_rows
from chassis.unit_of_work import UnitOfWork
from field.ladder import NOBODY, Ladder
from services.isolation.cases import casebook
from services.isolation.cases.events import caused_by_case
from services.isolation.cases.tables import cases
from services.isolation.plans import states
from services.isolation.plans.tables import tasks
from services.isolation.reference import Reference, current
from services.isolation.tasks.overdue_event import overdue_data
from services.isolation.teams.ladder import Informed, Whereabouts, informed_at


@dataclass(frozen=True, slots=True)
class Overdue:
    """A task whose next step of the ladder falls due, with what is needed of its case."""

    where: Whereabouts
    task_id: str
    case_id: str
    kind: str
    day: int
    due_by: datetime
    state: str
    steps_informed: int
    policy_id: str
    correlation_id: str


def find_overdue(uow: UnitOfWork) -> int:
    """Bring tasks that were not done in time one step further up the ladder, each step once."""
    overdue = _take(uow)
    if not overdue:
        return 0
    reference = current(uow)
    changed = [_climb(uow, reference, task) for task in overdue]
    columns = [name for name in changed[0] if name != "task_id"]
    update_rows(uow.conn, tasks, changed, key=["task_id"], set=columns)
    return len(overdue)


def _take(uow: UnitOfWork) -> list[Overdue]:
    """A bounded number of overdue tasks, locked, without those that another replica holds."""
    k, c = tasks.c, cases.c
    rows: Iterable[Any] = uow.conn.execute(
        select(
            *(k.task_id, k.case_id, k.kind, k.day, k.due_by, k.state, k.told, c.policy_id, c.correlation_id),
            *(c.street, c.community, c.grid, k.staff_id, c.owner),
        )
        .join_from(tasks, cases, k.case_id == c.case_id)
        .where(k.tell_at <= uow.now)
        .order_by(k.tell_at)
        .limit(casebook.CHUNK)
        .with_for_update(of=tasks, skip_locked=True)
    )
    return [
        Overdue(Whereabouts(row.street, row.community, row.grid, row.staff_id or row.owner), *row[:9])
        for row in rows
    ]


def _climb(uow: UnitOfWork, reference: Reference, task: Overdue) -> dict[str, Any]:
    """Publish the step; returns what changes in the task's row."""
    ladder: Ladder = reference.policies.by_id[task.policy_id].ladder
    step = task.steps_informed + 1
    informed = informed_at(ladder, step, task.where, reference.places, reference.staff)
    level = ladder.at(step).level
    data = overdue_data(
        task.task_id,
        task.case_id,
        kind=task.kind,
        day=task.day,
        due_by=task.due_by,
        step=step,
        informed=informed or Informed(level, task.where.at_level(level), ()),
        community=task.where.community,
    )
    cause = caused_by_case(uow, task.case_id, task.correlation_id)
    uow.record("task.overdue", task.task_id, step, data, cause=cause)
    return {
        "task_id": task.task_id,
        "state": states.TASK.move(states.DUE, states.MISSED) if task.state == states.DUE else task.state,
        "told": step,
        "told_level": informed.level if informed else NOBODY,
        "tell_at": ladder.falls_due(task.due_by, step + 1),
    }

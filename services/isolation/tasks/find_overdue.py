"""Tasks that were not done in time are brought up the ladder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from chassis.database.statements import update_rows
from chassis.unit_of_work import UnitOfWork
from field.ladder import NOBODY
from services.isolation.cases import casebook
from services.isolation.cases.events import caused_by_case
from services.isolation.cases.tables import cases
from services.isolation.check_ins.see_silent import see_silent
from services.isolation.plans import states
from services.isolation.plans.acts import NOT_POSSIBLE, Acts, course
from services.isolation.plans.rows import acts_from, acts_row
from services.isolation.plans.tables import tasks
from services.isolation.policies.rules import CHECK_IN
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
    next_step_at: datetime
    policy_id: str
    correlation_id: str
    acts: Acts | None


def find_overdue(uow: UnitOfWork) -> int:
    """Bring tasks that were not done in time one step further up the ladder, each step once.

    By night only what is urgent climbs; the rest is put off to the morning. Of whom nothing was reported in
    so many windows in a row as their policy says, somebody goes there.
    """
    overdue = _take(uow)
    if not overdue:
        return 0
    reference = current(uow)
    ended = {task.case_id: task.policy_id for task in overdue if _ends_a_window(uow, reference, task)}
    held = see_silent(uow, reference.policies, ended)  # their tasks stay as they are until the next turn
    overdue = [task for task in overdue if task.case_id not in held]
    _write(uow, [_move(uow, reference, task) for task in overdue])
    return len(overdue)


def _ends_a_window(uow: UnitOfWork, reference: Reference, task: Overdue) -> bool:
    """Nothing was reported in a window, and it is no longer night: somebody may have to go there."""
    ladders = reference.policies.by_id[task.policy_id].ladders
    first = task.kind == CHECK_IN and task.state == states.DUE
    return first and ladders.awake(task.kind, uow.now) <= uow.now


def _take(uow: UnitOfWork) -> list[Overdue]:
    """A bounded number of overdue tasks, locked, without those that another replica holds."""
    k, c = tasks.c, cases.c
    query = (
        select(
            *(k.task_id, k.case_id, k.kind, k.day, k.due_by, k.state, k.told, k.tell_at),
            *(c.policy_id, c.correlation_id),
            *(k.acts, c.street, c.community, c.grid, k.staff_id, c.owner),
        )
        .join_from(tasks, cases, k.case_id == c.case_id)
        .where(k.tell_at <= uow.now)
        .order_by(k.tell_at)
        .with_for_update(of=tasks, skip_locked=True)
    )
    return [_overdue(row) for row in uow.take(query, k.task_id, casebook.CHUNK)]


def _overdue(row: Any) -> Overdue:
    where = Whereabouts(row.street, row.community, row.grid, row.staff_id or row.owner)
    acts = acts_from(row.acts) if row.acts else None
    return Overdue(*(where, *row[:10], acts))


def _write(uow: UnitOfWork, rows: Iterable[dict[str, Any]]) -> None:
    """A statement for each set of columns: of what is put off one changes, and few tasks have acts."""
    by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        by_columns.setdefault(tuple(row), []).append(row)
    for columns, alike in by_columns.items():
        update_rows(
            uow.conn, tasks, alike, key=["task_id"], set=[name for name in columns if name != "task_id"]
        )


def _move(uow: UnitOfWork, reference: Reference, task: Overdue) -> dict[str, Any]:
    """What changes in the task's row: it climbs, or waits for the morning."""
    ladders = reference.policies.by_id[task.policy_id].ladders
    awake = ladders.awake(task.kind, uow.now)
    if awake > uow.now:
        return {"task_id": task.task_id, "tell_at": awake}
    return _climb(uow, reference, task)


def _climb(uow: UnitOfWork, reference: Reference, task: Overdue) -> dict[str, Any]:
    """Publish the step; returns what changes in the task's row.

    Whoever is informed now has as long until the next step as the ladder says, also where an act or the night
    had held it up.
    """
    ladders = reference.policies.by_id[task.policy_id].ladders
    ladder, acts = ladders.of(task.kind), task.acts
    step = task.steps_informed + 1
    if acts:
        step = course(acts, task.steps_informed, ladder, uow.zone).step or step
    informed = informed_at(
        ladder,
        step,
        task.where,
        reference.places,
        reference.staff,
        uow.now,
        at_night=ladder.urgent and ladders.is_night(uow.now),
    )
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
        urgent=ladder.urgent,
        because=_because(task),
    )
    cause = caused_by_case(uow, task.case_id, task.correlation_id)
    uow.record("task.overdue", task.task_id, step, data, cause=cause)
    tell_at = ladders.awake(task.kind, task.next_step_at + ladder.interval(step))
    row: dict[str, Any] = {
        "task_id": task.task_id,
        "state": states.TASK.move(states.DUE, states.MISSED) if task.state == states.DUE else task.state,
        "told": step,
        "told_level": informed.level if informed else NOBODY,
        "tell_at": tell_at,
    }
    if acts:
        acts = replace(acts, missed=True, next_step_at=tell_at)
        on = course(acts, step, ladder, uow.zone)
        row |= {"acts": acts_row(acts), "tell_at": ladders.awake(task.kind, on.at) if on.at else None}
    return row


def _because(task: Overdue) -> str | None:
    """Why it was not possible, of a task about which an officer must decide."""
    if task.state != states.NOT_POSSIBLE or task.acts is None:
        return None
    said = task.acts.last(NOT_POSSIBLE)
    return said.because if said else None

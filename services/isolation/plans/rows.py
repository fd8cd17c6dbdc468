"""Tasks are read from their table and written to it here, and nowhere else as a whole."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import insert_rows, is_one_of, listed, update_rows
from services.isolation.plans.acts import Act, Acts
from services.isolation.plans.tables import tasks as table
from services.isolation.plans.task import Task

_CHANGES = ("day", "due_by", "role", "staff_id", "state", "told", "tell_at", "version", "acts")
_k = table.c
_TASKS = (
    select(
        *(_k.task_id, _k.case_id, _k.kind, _k.about, _k.day, _k.due_from, _k.due_by, _k.role, _k.staff_id),
        *(_k.state, _k.told, _k.tell_at, _k.acts),
    )
    .where(is_one_of(_k.case_id, "case_ids"))
    .order_by(_k.task_id)
)
_LOCKED = _TASKS.with_for_update()
_LOCKED_OF_KINDS = _LOCKED.where(is_one_of(_k.kind, "kinds"))


def lock_tasks(
    conn: Connection, case_ids: Collection[str], kinds: Collection[str] = ()
) -> dict[str, list[Task]]:
    """The tasks of these cases by case, locked in sorted order.

    :param kinds: only those of these kinds; empty: all.
    """
    if not case_ids:
        return {}
    given = {"case_ids": listed(case_ids)}
    if kinds:
        return _by_case(conn.execute(_LOCKED_OF_KINDS, given | {"kinds": listed(kinds)}))
    return _by_case(conn.execute(_LOCKED, given))


def read_tasks(conn: Connection, case_ids: Collection[str]) -> dict[str, list[Task]]:
    """The tasks of these cases by case, as they stand."""
    return _by_case(conn.execute(_TASKS, {"case_ids": listed(case_ids)}))


def _by_case(rows: Iterable[Any]) -> dict[str, list[Task]]:
    by_case: dict[str, list[Task]] = {}
    for row in rows:
        *columns, stored = row
        task = Task(*(*columns, acts_from(stored) if stored else None))
        by_case.setdefault(task.case_id, []).append(task)
    return by_case


def insert_tasks(conn: Connection, tasks: Sequence[Task]) -> None:
    insert_rows(conn, table, [_row(task) for task in tasks])


def update_tasks(conn: Connection, tasks: Sequence[Task]) -> None:
    rows = [
        _row(task) | {"version": task.version or None, "acts": acts_row(task.acts) if task.acts else None}
        for task in tasks
    ]
    update_rows(conn, table, rows, key=["task_id"], set=_CHANGES)


def acts_from(stored: Mapping[str, Any]) -> Acts:
    """What was said of a task, as its row keeps it."""
    said = [
        Act(
            act["what"],
            datetime.fromisoformat(act["at"]),
            act["id"],
            act["by"],
            act.get("staff_id"),
            _moment(act.get("until")),
            act.get("level"),
            act.get("because"),
            act.get("how"),
            act.get("of"),
        )
        for act in stored["said"]
    ]
    return Acts(stored["missed"], _moment(stored["next_step_at"]), tuple(said))


def acts_row(acts: Acts) -> dict[str, Any]:
    said = [
        {name: getattr(act, name) for name in Act.__slots__ if getattr(act, name) is not None}
        for act in acts.said
    ]
    return {"missed": acts.missed, "next_step_at": acts.next_step_at, "said": said}


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _row(task: Task) -> dict[str, Any]:
    return {
        "task_id": task.task_id,
        "case_id": task.case_id,
        "kind": task.kind,
        "about": task.about,
        "day": task.day,
        "due_from": task.due_from,
        "due_by": task.due_by,
        "role": task.role,
        "staff_id": task.staff_id,
        "state": task.state,
        "told": task.steps_informed,
        "tell_at": task.next_step_at,
    }

"""Tasks as those see them who do them, and those who answer for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, text, union_all
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from chassis.doors.declared import Asked, Column, ListQuery, Sort
from field.days import day_begins, local_day
from field.scope import Scope
from services.isolation.cases.lists import PERSON, in_scope
from services.isolation.cases.tables import cases
from services.isolation.plans import states
from services.isolation.plans.tables import tasks
from services.isolation.teams.tables import places, staff, staff_history

_K, _C = tasks.c, cases.c
_OF_TASK = (
    "task_id",
    "case_id",
    "kind",
    "about",
    "day",
    "due_from",
    "due_by",
    "role",
    "staff_id",
    "state",
    "told_level",
)
_ACTED_ON = (_K.tell_at.label("next_step_at"), func.coalesce(_K.version, 0).label("version"))
"""When somebody is informed next, and the version that a decision names."""
_OF_CASE = ("measure", "household_id", "street", "community", "grid")
_NAMES = tuple(column.name for column in _ACTED_ON)
_BY_CASE = Sort("case", ("case_id", "task_id"), descending=True)
_BY_TIME = Sort("due", ("due_by", "task_id"))
_LIVE = tuple(sorted(states.LIVE))


def _tasks(*wanted: ColumnElement[bool]) -> Select[Any]:
    """Live tasks of open cases, and of a message that reached nobody after the end too: an index each."""
    columns: list[Any] = [_C.case_id if name == "case_id" else _K[name] for name in _OF_TASK]
    columns += [*_ACTED_ON, *(_C[name] for name in (*_OF_CASE, "person"))]
    live = select(*columns).join(cases, _C.case_id == _K.case_id).where(_K.state.in_(_LIVE), *wanted)
    # A literal, so that the planner sees that the partial index holds all of them.
    after_the_end = live.where(text("tasks.about <> ''"), _C.closed_at.is_not(None))
    return select(union_all(live.where(_C.closed_at.is_(None)), after_the_end).subquery("tasks_of_list"))


def _begun(asked: Asked) -> ColumnElement[bool]:
    """Due today or before: not what is planned for the days to come."""
    return _K.due_from < day_begins(local_day(asked.now, asked.zone) + timedelta(days=1), asked.zone)


def _own_tasks(conn: Connection, scope: Scope, asked: Asked) -> Select[Any]:
    """Whoever has the task sees it, wherever they work now.

    A case is only ever given to somebody who works at a place of it then, to whoever goes on for them, and in
    no known grid to somebody of a grid of its community; so few cases are looked into.
    """
    ever = scope.places | _worked_at(conn, asked.author.id)
    p = places.c
    above = select(p.parent).where(is_in(conn, p.place_id, sorted(ever)), p.level == "grid").distinct()
    beside = _C.grid.is_(None) & _C.community.in_(sorted(filter(None, conn.execute(above).scalars())))
    given = or_(in_scope(conn, Scope(ever)), beside)
    return _tasks(_begun(asked), given, _K.staff_id == asked.author.id)


def _worked_at(conn: Connection, staff_id: str) -> frozenset[str]:
    """Places where somebody ever worked, or one for whom they go on."""
    s, h = staff.c, staff_history.c
    own = select(s.staff_id).where(s.staff_id == staff_id).cte("goes_on_for", recursive=True)
    goes_on_for = own.union(select(s.staff_id).where(s.replaced_by == own.c.staff_id))
    found = select(h.place).where(h.staff_id.in_(select(goes_on_for.c.staff_id))).distinct()
    return frozenset(conn.execute(found).scalars())


def _open_tasks(conn: Connection, scope: Scope, asked: Asked) -> Select[Any]:
    return _tasks(_begun(asked), in_scope(conn, scope))


def _overdue_tasks(conn: Connection, scope: Scope, asked: Asked) -> Select[Any]:
    return _tasks(_K.state == states.MISSED, in_scope(conn, scope))


def _tasks_to_decide(conn: Connection, scope: Scope, asked: Asked) -> Select[Any]:
    # A literal, so that the planner sees that the partial index holds all of them.
    return _tasks(text("tasks.state = 'not_possible'"), in_scope(conn, scope))  # type: ignore[arg-type]


def _list(name: str, rows: Any, definition: str, *, own: bool = False) -> ListQuery:
    return ListQuery(
        name,
        about="case",
        id="case_id",
        definition=definition,
        rows=rows,
        columns=(*(Column(column) for column in (*_OF_TASK, *_NAMES, *_OF_CASE)), *PERSON),
        sorts=(_BY_TIME, _BY_CASE) if own else (_BY_CASE, replace(_BY_TIME, few=True)),
        filters=("kind", "role", "staff_id", "state", "measure"),
        places=("grid", "community", "street"),
        households="household_id",
        own=own,
    )


OWN_TASKS = _list(
    "own_tasks", _own_tasks, "tasks of your own that are to be done today or were missed", own=True
)
OPEN_TASKS = _list("open_tasks", _open_tasks, "tasks of your places that are to be done today or were missed")
OVERDUE_TASKS = _list("overdue_tasks", _overdue_tasks, "tasks of your places that were not done in time")
TASKS_TO_DECIDE = _list(
    "tasks_to_decide",
    _tasks_to_decide,
    "tasks of your places that were not possible: decide before next_step_at, or the next level is informed",
)

"""Tasks as those see them who do them, and those who answer for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    Text,
    and_,
    bindparam,
    func,
    or_,
    select,
    text,
    true,
    union_all,
)
from sqlalchemy.engine import Connection

from chassis.database.statements import is_one_of, listed
from chassis.database.types import UtcDateTime
from chassis.doors.declared import Asked, Column, ListQuery, Sort
from chassis.doors.within import AROUND, Bounds, lies_of
from field.days import day_begins, local_day
from field.scope import Lies, Scope
from services.isolation.cases.lists import PERSON, in_scope
from services.isolation.cases.rows import as_in_team, has_in_team
from services.isolation.cases.tables import cases
from services.isolation.plans import states
from services.isolation.plans.tables import tasks
from services.isolation.tasks.workers_today import done_since
from services.isolation.teams.tables import places, staff, staff_history, staff_load

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
_ACTED_ON = ("next_step_at", "version")
"""When somebody is informed next, and the version that a decision names."""
_READ = (*(name for name in _OF_TASK if name != "case_id"), "tell_at", "version")
_OF_CASE = ("measure", "household_id", "street", "community", "grid")
_BY_CASE = Sort("case", ("case_id", "task_id"), descending=True)
_BY_TIME = Sort("due", ("due_by", "task_id"), few=True)
_LIVE = tuple(sorted(states.LIVE))
_TODAY: Final[BindParameter[datetime]] = bindparam("today", type_=UtcDateTime)
_TOMORROW: Final[BindParameter[datetime]] = bindparam("tomorrow", type_=UtcDateTime)
"""When this day and the next one begin."""
_ME: Final[BindParameter[str]] = bindparam("me", type_=String)
_IN_TEAM: Final[BindParameter[str]] = bindparam("in_team", type_=Text)
"""Who asks, and how they stand in a team."""


def _columns(task: Any) -> list[Any]:
    """:param task: the columns of tasks."""
    of_task = (_C.case_id if name == "case_id" else task[name] for name in _OF_TASK)
    acted_on = (task.tell_at.label("next_step_at"), func.coalesce(task.version, 0).label("version"))
    return [*of_task, *acted_on, *(_C[name] for name in (*_OF_CASE, "person"))]


def _tasks(*wanted: ColumnElement[bool]) -> CompoundSelect[Any]:
    """Live tasks of open cases, and of a message that reached nobody after the end too: an index each."""
    of_open = select(*_columns(_K)).join(cases, _C.case_id == _K.case_id)
    of_open = of_open.where(_K.state.in_(_LIVE), _C.closed_at.is_(None), *wanted)
    return union_all(of_open, _after_the_end(*wanted))


def _after_the_end(*wanted: ColumnElement[bool]) -> Select[Any]:
    of_closed = select(*_columns(_K)).join(cases, _C.case_id == _K.case_id)
    # A literal, so that the planner sees that the partial index holds all of them.
    of_message = text("tasks.about <> ''")
    return of_closed.where(_K.state.in_(_LIVE), of_message, _C.closed_at.is_not(None), *wanted)


def _begun_tasks(
    conn: Connection,
    of_task: ColumnElement[bool],
    *wanted: ColumnElement[bool],
    of_open: Sequence[ColumnElement[bool]] = (),
) -> CompoundSelect[Any]:
    """Those due today or before: not what is planned for the days to come.

    :param of_open: wanted of those of open cases alone.
    """
    begun = (_K.state.in_(_LIVE), _K.due_from < _TOMORROW, of_task)
    return union_all(_of_open_cases(conn, begun, *wanted, *of_open), _after_the_end(*begun, *wanted))


def _of_open_cases(
    conn: Connection, begun: tuple[ColumnElement[bool], ...], *wanted: ColumnElement[bool]
) -> Select[Any]:
    of_open = (_C.closed_at.is_(None), *wanted)
    if conn.dialect.name == "postgresql":
        # The offset keeps it from reading all tasks of the table: they are looked up case by case, by an
        # index, and in the order of the cases no further than to the end of a page.
        of_case = select(*(_K[name] for name in _READ)).where(_K.case_id == _C.case_id, *begun)
        task = of_case.offset(0).lateral("tasks_of_case")
        of_cases = select(*_columns(task.c)).select_from(cases).join(task, true()).where(*of_open)
    else:
        of_cases = select(*_columns(_K)).join(cases, _C.case_id == _K.case_id).where(*begun, *of_open)
    return of_cases


def _own_tasks(conn: Connection, scope: Bounds) -> CompoundSelect[Any]:
    """Whoever has the task sees it, wherever they work now."""
    given = _given_at(conn, scope), has_in_team(_IN_TEAM)
    return _begun_tasks(conn, _K.staff_id == _ME, *given, of_open=(has_cases(_ME),))


def _where_mine(conn: Connection, scope: Scope, asked: Asked) -> Scope:
    return where_given(conn, scope, asked.author.id)


def _of_own_tasks(conn: Connection, asked: Asked) -> Mapping[str, Any]:
    me = asked.author.id
    return {_ME.key: me, _IN_TEAM.key: as_in_team(me), **_of_today(conn, asked)}


def _of_today(_conn: Connection, asked: Asked) -> Mapping[str, Any]:
    today = local_day(asked.now, asked.zone)
    begins, ends = (day_begins(day, asked.zone) for day in (today, today + timedelta(days=1)))
    return {_TODAY.key: begins, _TOMORROW.key: ends}


def has_cases(*staff_ids: str | BindParameter[str]) -> ColumnElement[bool]:
    """Whether any open case is given to one of these at all: else a whole district's need not be read."""
    load = staff_load.c
    return select(load.staff_id).where(load.staff_id.in_(staff_ids), load.cases > 0).exists()


def given_to(conn: Connection, scope: Scope, *staff_ids: str) -> ColumnElement[bool]:
    """Cases that may have been given to one of these: few are looked into.

    A case is only ever given to somebody who works at a place of it then, to whoever goes on for them, and in
    no known grid to somebody of a grid of its community. Its live tasks are those of its team.
    """
    where = where_given(conn, scope, *staff_ids)
    return _given_at(conn, Bounds.of(where, where.lies))


def _given_at(conn: Connection, where: Bounds) -> ColumnElement[bool]:
    beside = where.one_of(conn, _C.community, AROUND)
    return or_(in_scope(conn, where), and_(_C.grid.is_(None), beside))


def where_given(conn: Connection, scope: Scope, *staff_ids: str) -> Scope:
    """The places of all cases that may have been given to one of these."""
    rows = conn.execute(_worked_at(), {"who": listed(staff_ids)}).all()
    ever = scope.places.union(row.place for row in rows)
    lies = {row.place: Lies.of(row.level, row.parent, row.above) for row in rows if row.level}
    lies |= scope.lies
    if others := ever - lies.keys():
        lies |= lies_of(conn, others, places)
    return Scope(ever, lies=lies)


@lru_cache
def _worked_at() -> Select[Any]:
    """Places where those in the parameter `who` ever worked, or one for whom they go on; of each its level,
    the place above, and the level of that.
    """
    s, h, p, above = staff.c, staff_history.c, places.c, places.alias("above_it")
    own = select(s.staff_id).where(is_one_of(s.staff_id, "who")).cte("goes_on_for", recursive=True)
    goes_on_for = own.union(select(s.staff_id).where(s.replaced_by == own.c.staff_id))
    theirs = h.staff_id.in_(select(goes_on_for.c.staff_id))
    columns = h.place, p.level, above.c.place_id.label("parent"), above.c.level.label("above")
    known = staff_history.outerjoin(places, p.place_id == h.place)
    known = known.outerjoin(above, above.c.place_id == p.parent)
    return select(*columns).select_from(known).where(theirs).distinct()


def _open_tasks(conn: Connection, scope: Bounds) -> CompoundSelect[Any]:
    return _begun_tasks(conn, true(), in_scope(conn, scope))


def _done_tasks(conn: Connection, scope: Bounds) -> Select[Any]:
    of_today = (done_since(_TODAY), _K.due_from < _TOMORROW)
    return _of_open_cases(conn, of_today, in_scope(conn, scope))


def _open_cases(conn: Connection, scope: Bounds) -> Select[Any]:
    columns = _C.case_id, *(_C[name] for name in _OF_CASE)
    return select(*columns).where(_C.closed_at.is_(None), in_scope(conn, scope))


def _overdue_tasks(conn: Connection, scope: Bounds) -> CompoundSelect[Any]:
    return _tasks(_K.state == states.MISSED, in_scope(conn, scope))


def _tasks_to_decide(conn: Connection, scope: Bounds) -> CompoundSelect[Any]:
    # A literal, so that the planner sees that the partial index holds all of them.
    return _tasks(text("tasks.state = 'not_possible'"), in_scope(conn, scope))  # type: ignore[arg-type]


def _list(name: str, rows: Any, definition: str, *, own: bool = False) -> ListQuery:
    return ListQuery(
        name,
        about="case",
        id="case_id",
        definition=definition,
        rows=rows,
        columns=(*(Column(column) for column in (*_OF_TASK, *_ACTED_ON, *_OF_CASE)), *PERSON),
        sorts=(_BY_TIME, _BY_CASE) if own else (_BY_CASE, _BY_TIME),
        filters=("kind", "role", "staff_id", "state", "measure"),
        places=("grid", "community", "street"),
        households="household_id",
        own=own,
        given=_of_today,
    )


OWN_TASKS = replace(
    _list("own_tasks", _own_tasks, "tasks of your own that are to be done today or were missed", own=True),
    given=_of_own_tasks,
    scope=_where_mine,
)
OPEN_TASKS = _list("open_tasks", _open_tasks, "tasks of your places that are to be done today or were missed")
DONE_TASKS = replace(
    _list("done_tasks", _done_tasks, "tasks of today at your places that are done"), among=_open_cases
)
OVERDUE_TASKS = _list("overdue_tasks", _overdue_tasks, "tasks of your places that were not done in time")
TASKS_TO_DECIDE = _list(
    "tasks_to_decide",
    _tasks_to_decide,
    "tasks of your places that were not possible: decide before next_step_at, or the next level is informed",
)

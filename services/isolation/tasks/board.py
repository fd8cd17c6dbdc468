"""The first page of officers: how the day stands with workers and places, what changed, who has not reported.

One answer to all of it, so that open cases and their tasks are read once.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sqlalchemy import Column, ColumnElement, CompoundSelect, Select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from chassis.doors.declared import Asked, Lookup
from chassis.doors.pages import COUNTED
from chassis.doors.within import Bounds
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.scope import Scope
from field.words import MEASURES
from services.isolation.cases.tables import cases
from services.isolation.release.lists import release_counts, release_figures
from services.isolation.tasks.changed_cases import (
    WHAT_CHANGED,
    changes_since_yesterday,
    ended_since,
    since_yesterday,
)
from services.isolation.tasks.without_check_in import not_reported_of_many, not_reported_today
from services.isolation.tasks.workers_today import (
    AT_PLACE,
    CHANGED,
    LIVES,
    MEASURE,
    cases_with,
    column_below,
    levels_of,
    number_of,
    of_today,
    open_in,
    own_place,
    place_asked,
    places_below,
    read_tasks,
    tasks_of,
    workers_today,
)


def _find(uow: UnitOfWork, scope: Scope, asked: Asked, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """
    :param data: `measure`, and `place` where not all that is one's own is meant.
    Returns `as_of`, `place`, `more_than` (so many open cases are not counted exactly), what
    `workers_today` says, `release` as `release_figures`, `changes` as
    `changes_since_yesterday` (null where they are not counted), and `check_ins` as `not_reported_today`.
    """
    place, measure = place_asked(uow, scope, data), _measure(data)
    here = place or own_place(uow, scope, asked)
    bounds = Bounds.of(scope, scope.lies, named=True)
    made = _statements(uow.conn, bounds, levels_of(uow, place), column_below(uow, here))
    given = {**bounds.parameters(), AT_PLACE: place, **of_today(asked, measure), **since_yesterday(asked)}
    release, number = release_figures(uow.conn, made.release, given)
    answer = {"as_of": asked.now.astimezone(asked.zone).isoformat(), "place": here, "release": release}
    if number > COUNTED:
        of_measure = [*made.wanted, cases.c.measure == measure]
        return {
            **answer,
            "more_than": COUNTED,
            "staff": [],
            "left_out": 0,
            "below": places_below(uow, scope, here, place),
            "changes": None,
            "check_ins": not_reported_of_many(uow, asked, of_measure, given),
        }
    found = uow.conn.execute(made.cases, given).all()
    opened = [row for row in found if row[MEASURE] is not None]
    of_tasks, silent = read_tasks(uow.conn, made.tasks, given)
    return {
        **answer,
        "more_than": None,
        **workers_today(uow, here, opened, of_tasks),
        "changes": changes_since_yesterday(asked, map(itemgetter(LIVES, CHANGED), found)),
        "check_ins": not_reported_today(
            uow,
            asked,
            _whole(opened, measure),
            [is_in(uow.conn, cases.c.case_id, silent)] if silent else [],
            {},
        ),
    }


@dataclass(frozen=True, slots=True)
class _Statements:
    """What a board asks, in this order; `wanted` are the conditions of its open cases."""

    wanted: Sequence[ColumnElement[bool]]
    release: Select[Any]
    cases: CompoundSelect[Any]
    tasks: Sequence[Select[Any]]


_kept: dict[Hashable, _Statements] = {}
"""Put together once: that takes longer than to run them. Few, for so many kinds of places are reached."""


def _statements(
    conn: Connection, bounds: Bounds, levels: tuple[str, ...], child: Column[Any] | None
) -> _Statements:
    key = conn.dialect.name, bounds.outline, levels, None if child is None else child.name
    if key not in _kept:
        wanted = open_in(conn, bounds, levels)
        _kept[key] = _Statements(
            wanted,
            release_counts(wanted, number_of(wanted)),
            cases_with(child, WHAT_CHANGED, wanted, ended_since(*wanted[1:])),
            tasks_of(conn.dialect.name == "postgresql", wanted),
        )
    return _kept[key]


def _measure(data: Mapping[str, Any]) -> str:
    """Raises Refused."""
    measure = data.get("measure")
    if measure not in MEASURES:
        raise Refused.invalid([Fault("measure", "unknown", f"must be one of {', '.join(MEASURES)}")])
    return str(measure)


def _whole(opened: Sequence[Any], measure: str) -> tuple[int, int]:
    living = [row[LIVES] for row in opened if row[MEASURE] == measure]
    return len(living), len(set(living))


BOARD = Lookup("board", _find)


def _workers(uow: UnitOfWork, scope: Scope, asked: Asked, data: Mapping[str, Any]) -> Mapping[str, Any]:
    return _find(uow, scope, asked, {**data, "measure": MEASURES[0]})


def _check_ins(uow: UnitOfWork, scope: Scope, asked: Asked, data: Mapping[str, Any]) -> Mapping[str, Any]:
    found = _find(uow, scope, asked, data)
    return {"as_of": found["as_of"], **found["check_ins"]}


AS_BEFORE = (Lookup("workers_today", _workers), Lookup("check_ins_today", _check_ins))
"""What the console of the version before asks for its first page, while it runs beside this one."""

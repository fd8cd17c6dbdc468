"""The first page of officers: how the day stands with workers and places, what changed, who has not reported.

One answer to all of it, so that open cases and their tasks are read once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from chassis.database.statements import is_in
from chassis.doors.declared import Asked, Lookup
from chassis.doors.pages import COUNTED
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.scope import Scope
from field.words import MEASURES
from services.isolation.cases.tables import cases
from services.isolation.release.lists import release_figures
from services.isolation.tasks.changed_cases import (
    WHAT_CHANGED,
    changes_since_yesterday,
    ended_since,
    since_yesterday,
)
from services.isolation.tasks.without_check_in import not_reported_of_many, not_reported_today
from services.isolation.tasks.workers_today import (
    CHANGED,
    LIVES,
    MEASURE,
    number_of,
    open_in,
    own_place,
    place_asked,
    places_below,
    read_cases,
    read_tasks,
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
    wanted = open_in(uow, scope, place)
    release, number = release_figures(uow.conn, wanted, number_of(wanted))
    answer = {"as_of": asked.now.astimezone(asked.zone).isoformat(), "place": here, "release": release}
    if number > COUNTED:
        return {
            **answer,
            "more_than": COUNTED,
            "staff": [],
            "left_out": 0,
            "below": places_below(uow, scope, here, place),
            "changes": None,
            "check_ins": not_reported_of_many(uow, asked, [*wanted, cases.c.measure == measure]),
        }
    _, *anywhere = wanted
    found = read_cases(uow, here, WHAT_CHANGED, wanted, ended_since(*anywhere), since_yesterday(asked))
    opened = [row for row in found if row[MEASURE] is not None]
    of_tasks, silent = read_tasks(uow.conn, asked, wanted, measure)
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
        ),
    }


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

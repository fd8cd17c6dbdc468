"""Cases that changed since this hour yesterday, how many of each kind: opened, ended, moved, abnormal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import reduce
from operator import add
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    CompoundSelect,
    ScalarSelect,
    Select,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.engine import Connection

from chassis.database.types import UtcDateTime
from chassis.doors.declared import Asked, Column, Condition, ListQuery
from chassis.doors.pages import COUNTED
from chassis.doors.within import Bounds
from contracts.faults import Fault, Refused
from services.isolation.cases.lists import LIVING, OPEN_CASES, in_scope
from services.isolation.cases.tables import cases
from services.isolation.plans import states
from services.isolation.plans.tables import tasks
from services.isolation.policies.rules import SEE_ABNORMAL

_C, _K = cases.c, tasks.c
_SINCE: Final = timedelta(days=1)
_Moment = BindParameter[datetime]
_SINCE_THEN: Final[_Moment] = bindparam("since", type_=UtcDateTime)
_OF_ALARM: Final = literal_column(f"tasks.kind = '{SEE_ABNORMAL}'", Boolean)
"""A literal, so that the planner sees that the partial index holds all of them."""


def since_yesterday(asked: Asked) -> dict[str, datetime]:
    """The parameter of WHAT_CHANGED, `ended_since` and the list."""
    return {"since": asked.now - _SINCE}


def _opened(since: _Moment) -> ColumnElement[bool]:
    """Followed for the first time; one that opens again is not new."""
    return _C.opened_at >= since


def _ended(since: _Moment) -> ColumnElement[bool]:
    return _C.closed_at >= since


def _moved(since: _Moment) -> ColumnElement[bool]:
    return _C.moved_at >= since


def _abnormal(since: _Moment) -> ColumnElement[bool]:
    """Somebody had to look at a check-in at once, and it was not taken back as a mistake. These tasks are few
    and are read once, by an index of their own.
    """
    alarmed = select(_K.case_id).where(_OF_ALARM, _K.due_from >= since, _K.state != states.CANCELLED)
    return _C.case_id.in_(alarmed)


def _abnormal_at(since: _Moment) -> ScalarSelect[Any]:
    """When last; looked up for the cases of a page."""
    of_case = (_K.case_id == _C.case_id, _K.kind == SEE_ABNORMAL, _K.due_from >= since)
    return select(func.max(_K.due_from)).where(*of_case, _K.state != states.CANCELLED).scalar_subquery()


CHANGES: Final[Mapping[str, Callable[[_Moment], ColumnElement[bool]]]] = {
    "opened": _opened,
    "ended": _ended,
    "moved": _moved,
    "abnormal": _abnormal,
}
"""What may have changed -> the cases of which it did since a moment."""


def _was_followed() -> ColumnElement[bool]:
    """Not one that is only expected. A literal, so that the planner sees that the partial index holds all."""
    return literal_column("cases.version > 0", Boolean)


def _rows(conn: Connection, scope: Bounds) -> CompoundSelect[Any]:
    """Those that are open, of which the condition finds what has changed, and those that have ended since."""
    open_rows = OPEN_CASES.rows(conn, scope)
    assert isinstance(open_rows, Select)
    columns = [*open_rows.selected_columns, _C.moved_at, _abnormal_at(_SINCE_THEN).label("abnormal_at")]
    ended = select(*columns).where(_ended(_SINCE_THEN), _was_followed(), in_scope(conn, scope))
    return union_all(open_rows.with_only_columns(*columns), ended)


def _change(value: str | None) -> ColumnElement[bool]:
    """Any of them where none is asked for, so that tasks are looked up once and last."""
    if value is None:
        return or_(*(of(_SINCE_THEN) for of in CHANGES.values()))
    if value not in CHANGES:
        raise Refused.invalid([Fault("change", "unknown", f"must be one of {', '.join(CHANGES)}")])
    return CHANGES[value](_SINCE_THEN)


CHANGED_CASES = ListQuery(
    "changed_cases",
    about="case",
    id="case_id",
    definition="people whose case was opened, has ended, moved or had an abnormal check-in since this hour "
    "yesterday",
    rows=_rows,
    columns=(*OPEN_CASES.columns, Column("moved_at"), Column("abnormal_at")),
    sorts=tuple(sort for sort in OPEN_CASES.sorts if sort.name == "newest"),
    filters=OPEN_CASES.filters,
    conditions={**OPEN_CASES.conditions, "change": Condition(_change)},
    places=OPEN_CASES.places,
    households="household_id",
    given=lambda _conn, asked: since_yesterday(asked),
    among=OPEN_CASES.rows,
)


WHAT_CHANGED: Final[ColumnElement[int]] = reduce(
    add, (case((of(_SINCE_THEN), 1 << bit), else_=0) for bit, of in enumerate(CHANGES.values()))
)
"""What changed of a case since the moment `since`: a bit for each of CHANGES. Put together once: that takes
longer than to run it."""


def ended_since(*wanted: ColumnElement[bool]) -> Select[Any]:
    """Household, and what changed, of cases that have ended since the moment `since`: one more than are
    counted.

    :param wanted: of cases, whether they are open or not.
    """
    ended = _ended(_SINCE_THEN), _was_followed(), *wanted
    few = select(LIVING.label("living"), WHAT_CHANGED.label("changed")).where(*ended)
    found = few.limit(COUNTED + 1).subquery("ended")
    return select(found.c.living, found.c.changed)


def changes_since_yesterday(asked: Asked, found: Iterable[tuple[str, int]]) -> dict[str, Any] | None:
    """`since`, and for each of CHANGES `people` and `households`; who changed twice is counted for each. None
    where so many changed that they are not counted.

    :param found: household, and what changed, of each case that is open or has ended since.
    """
    living: dict[int, list[str]] = defaultdict(list)
    for household, changed in found:
        if changed:
            living[changed].append(household)
    if sum(map(len, living.values())) > COUNTED:
        return None
    since = asked.now - _SINCE
    counted: dict[str, Any] = {"since": since.astimezone(asked.zone).isoformat()}
    for bit, name in enumerate(CHANGES):
        of_change = [households for changed, households in living.items() if changed & 1 << bit]
        people, households = sum(map(len, of_change)), len(set().union(*of_change))
        counted[name] = {"people": people, "households": households}
    return counted

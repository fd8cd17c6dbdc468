"""Cases that changed since this hour yesterday, how many of each kind: opened, ended, moved, abnormal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
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
_SINCE_THEN: Final[BindParameter[datetime]] = bindparam("since", type_=UtcDateTime)
_OF_ALARM: Final = literal_column(f"tasks.kind = '{SEE_ABNORMAL}'", Boolean)
"""A literal, so that the planner sees that the partial index holds all of them."""
_WAS_FOLLOWED: Final = literal_column("cases.version > 0", Boolean)
"""Not one that is only expected. A literal, so that the planner sees that the partial index holds all."""
_ALARMED: Final = _K.due_from >= _SINCE_THEN, _K.state != states.CANCELLED
"""Of tasks to look at once at a check-in: it came since then and was not taken back as a mistake."""
_ABNORMAL_AT: Final[ScalarSelect[Any]] = (
    select(func.max(_K.due_from))
    .where(_K.case_id == _C.case_id, _K.kind == SEE_ABNORMAL, *_ALARMED)
    .scalar_subquery()
)
"""When last; looked up for the cases of a page."""
_ENDED: Final = _C.closed_at >= _SINCE_THEN

CHANGES: Final[Mapping[str, ColumnElement[bool]]] = {
    # Followed for the first time; one that opens again is not new.
    "opened": _C.opened_at >= _SINCE_THEN,
    "ended": _ENDED,
    "moved": _C.moved_at >= _SINCE_THEN,
    # Somebody had to look at a check-in at once. These tasks are few and are read once, by their own index.
    "abnormal": _C.case_id.in_(select(_K.case_id).where(_OF_ALARM, *_ALARMED)),
}
"""What may have changed -> the cases of which it did since the moment `since`."""


def since_yesterday(asked: Asked) -> dict[str, datetime]:
    """The parameter of CHANGES, WHAT_CHANGED, `ended_since` and the list."""
    return {_SINCE_THEN.key: asked.now - _SINCE}


def _rows(conn: Connection, scope: Bounds) -> CompoundSelect[Any]:
    """Those that are open, of which the condition finds what has changed, and those that have ended since."""
    open_rows = OPEN_CASES.rows(conn, scope)
    assert isinstance(open_rows, Select)
    columns = [*open_rows.selected_columns, _C.moved_at, _ABNORMAL_AT.label("abnormal_at")]
    ended = select(*columns).where(_ENDED, _WAS_FOLLOWED, in_scope(conn, scope))
    return union_all(open_rows.with_only_columns(*columns), ended)


def _change(value: str | None) -> ColumnElement[bool]:
    """Any of them where none is asked for, so that tasks are looked up once and last."""
    if value is None:
        return or_(*CHANGES.values())
    if value not in CHANGES:
        raise Refused.invalid([Fault("change", "unknown", f"must be one of {', '.join(CHANGES)}")])
    return CHANGES[value]


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
    add, (case((changed, 1 << bit), else_=0) for bit, changed in enumerate(CHANGES.values()))
)
"""What changed of a case since the moment `since`: a bit for each of CHANGES. Put together once: that takes
longer than to run it."""


def ended_since(*wanted: ColumnElement[bool]) -> Select[Any]:
    """Household, and what changed, of cases that have ended since the moment `since`: one more than are
    counted.

    :param wanted: of cases, whether they are open or not.
    """
    columns = LIVING.label("living"), WHAT_CHANGED.label("changed")
    few = select(*columns).where(_ENDED, _WAS_FOLLOWED, *wanted)
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

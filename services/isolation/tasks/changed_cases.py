"""Cases that changed since this hour yesterday, how many of each kind: opened, ended, moved, abnormal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    ColumnElement,
    CompoundSelect,
    ScalarSelect,
    Select,
    func,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.engine import Connection

from chassis.doors.declared import Asked, Column, ListQuery
from chassis.doors.pages import COUNTED
from contracts.faults import Fault, Refused
from field.scope import Scope
from services.isolation.cases.lists import OPEN_CASES, in_scope
from services.isolation.cases.tables import cases
from services.isolation.plans import states
from services.isolation.plans.tables import tasks
from services.isolation.policies.rules import SEE_ABNORMAL
from services.isolation.tasks.workers_today import LIVING

_C, _K = cases.c, tasks.c
_SINCE: Final = timedelta(days=1)


def _opened(since: datetime) -> ColumnElement[bool]:
    """Followed for the first time; one that opens again is not new."""
    return _C.opened_at >= since


def _ended(since: datetime) -> ColumnElement[bool]:
    return _C.closed_at >= since


def _moved(since: datetime) -> ColumnElement[bool]:
    return _C.moved_at >= since


def _abnormal(since: datetime) -> ColumnElement[bool]:
    """Somebody had to look at a check-in at once, and it was not taken back as a mistake."""
    return _abnormal_at(since).is_not(None)


def _abnormal_at(since: datetime) -> ScalarSelect[Any]:
    """When last. Tasks are looked up case by case; for an EXISTS the planner may read all there are."""
    of_case = (_K.case_id == _C.case_id, _K.kind == SEE_ABNORMAL, _K.due_from >= since)
    return select(func.max(_K.due_from)).where(*of_case, _K.state != states.CANCELLED).scalar_subquery()


CHANGES: Final[Mapping[str, Callable[[datetime], ColumnElement[bool]]]] = {
    "opened": _opened,
    "ended": _ended,
    "moved": _moved,
    "abnormal": _abnormal,
}
"""What may have changed -> the cases of which it did since a moment."""


def _was_followed() -> ColumnElement[bool]:
    """Not one that is only expected. A literal, so that the planner sees that the partial index holds all."""
    return literal_column("cases.version > 0", Boolean)


def _rows(conn: Connection, scope: Scope, asked: Asked) -> CompoundSelect[Any]:
    """Those that are open, of which the condition finds what has changed, and those that have ended since."""
    since = asked.now - _SINCE
    open_rows = OPEN_CASES.rows(conn, scope, asked)
    assert isinstance(open_rows, Select)
    columns = [*open_rows.selected_columns, _C.moved_at, _abnormal_at(since).label("abnormal_at")]
    ended = select(*columns).where(_ended(since), _was_followed(), in_scope(conn, scope))
    return union_all(open_rows.with_only_columns(*columns), ended)


def _change(asked: Asked, value: str | None) -> ColumnElement[bool]:
    """Any of them where none is asked for, so that tasks are looked up once and last."""
    if value is None:
        return or_(*(of(asked.now - _SINCE) for of in CHANGES.values()))
    if value not in CHANGES:
        raise Refused.invalid([Fault("change", "unknown", f"must be one of {', '.join(CHANGES)}")])
    return CHANGES[value](asked.now - _SINCE)


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
    conditions={**OPEN_CASES.conditions, "change": _change},
    places=OPEN_CASES.places,
    households="household_id",
    among=OPEN_CASES.rows,
)


def changes_since_yesterday(
    conn: Connection, scope: Scope, asked: Asked, here: Sequence[ColumnElement[bool]]
) -> dict[str, Any] | None:
    """`since`, and for each of CHANGES `people` and `households`; who changed twice is counted for each. None
    where so many changed that they are not counted. Up to 10,000 open cases are looked through: the caller's.

    :param here: conditions, where not all that is one's own is meant.
    """
    since = asked.now - _SINCE
    flags = [of(since).label(name) for name, of in CHANGES.items()]
    found: list[Any] = []
    for part in _rows(conn, scope, asked).selects:
        assert isinstance(part, Select)
        # The offset keeps the planner from looking up the tasks of a case for each place that names them.
        each = part.with_only_columns(LIVING.label("living"), *flags).where(*here).offset(0).subquery("each")
        changed = select(each).where(or_(*(each.c[name] for name in CHANGES)))
        found += conn.execute(changed.limit(COUNTED + 1 - len(found)))
        if len(found) > COUNTED:
            return None
    counted: dict[str, Any] = {"since": since.astimezone(asked.zone).isoformat()}
    for name in CHANGES:
        living = [row.living for row in found if getattr(row, name)]
        counted[name] = {"people": len(living), "households": len(set(living))}
    return counted

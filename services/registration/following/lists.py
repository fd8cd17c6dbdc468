"""Arrivals that somebody must settle, and those that are expected, as those see them who answer for them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, case, literal, select, text, true
from sqlalchemy.engine import Connection

from chassis.database.types import UtcDateTime
from chassis.doors.declared import NOW, Asked, Column, Condition, ListQuery, Sort
from chassis.doors.within import Bounds
from contracts.faults import Fault, Refused
from field.words import MATTERS
from services.registration.arrivals.lists import in_scope
from services.registration.arrivals.tables import arrivals

_A = arrivals.c
_COLUMNS: Final = (
    "version",
    "state",
    "arrived_at",
    "household_id",
    "risk_level",
    "street",
    "community",
    "grid",
    "worker",
    "acts",
)
_STEP: Final = timedelta(days=1)
"""After so long the next level stands beside a matter: community, street, district."""
_STEP_AGO: Final[BindParameter[datetime]] = bindparam("step_ago", type_=UtcDateTime)
_TWO_STEPS_AGO: Final[BindParameter[datetime]] = bindparam("two_steps_ago", type_=UtcDateTime)
_PERSON: Final = (
    Column("name", "name", sealed="sealed"),
    Column("phone", "phone", sealed="sealed"),
    Column("address", "address", sealed="sealed"),
)


def level_by_clock(since: Any) -> Any:
    """Nobody must be reminded that the clock runs: the level follows from how long it has run. Its parameters
    are `steps_ago`.
    """
    level = case((since <= _TWO_STEPS_AGO, "district"), (since <= _STEP_AGO, "street"), else_="community")
    return level.label("level")


def steps_ago(asked: Asked) -> dict[str, datetime]:
    """The parameters of `level_by_clock`."""
    return {_STEP_AGO.key: asked.now - _STEP, _TWO_STEPS_AGO.key: asked.now - 2 * _STEP}


def _select(*more: Any) -> Select[Any]:
    return select(_A.id.label("arrival_id"), *(_A[name] for name in _COLUMNS), *more, _A.sealed)


def _to_settle(conn: Connection, scope: Bounds) -> Select[Any]:
    since = _A.to_settle_since
    rows = _select(_A.to_settle, since, level_by_clock(since))
    return rows.where(since.is_not(None), in_scope(conn, scope, _A))


def _expected(conn: Connection, scope: Bounds) -> Select[Any]:
    overdue = case((_A.arrived_at < NOW, True), else_=False).label("overdue")
    rows = _select(overdue, level_by_clock(_A.arrived_at))
    # A literal, so that the planner sees that the partial index holds all of them.
    return rows.where(text("arrivals.state = 'expected'"), in_scope(conn, scope, _A))


def _of_matter(value: str | None) -> ColumnElement[bool]:
    """Among the matters of an arrival, which stand in one column."""
    if value is None:
        return true()
    if value not in MATTERS:
        raise Refused.invalid([Fault("matter", "unknown", f"must be one of {', '.join(MATTERS)}")])
    return (literal(",") + _A.to_settle + ",").contains(f",{value},", autoescape=True)


ARRIVALS_TO_SETTLE = ListQuery(
    "arrivals_to_settle",
    about="arrival",
    id="arrival_id",
    definition="arrivals of which somebody said what no officer has settled yet: not here, lives elsewhere, "
    "no such door, unreachable, wrong number, this is not me",
    rows=_to_settle,
    columns=(
        Column("arrival_id"),
        *(Column(name) for name in (*_COLUMNS, "to_settle", "to_settle_since", "level")),
        *_PERSON,
    ),
    sorts=(Sort("longest", ("to_settle_since", "arrival_id")),),
    filters=("state", "risk_level", "worker"),
    conditions={"matter": Condition(_of_matter)},
    places=("grid", "community", "street"),
    households="household_id",
    given=lambda _conn, asked: steps_ago(asked),
)
EXPECTED_ARRIVALS = ListQuery(
    "expected_arrivals",
    about="arrival",
    id="arrival_id",
    definition="people who are announced and have not come: to be phoned before; overdue, where their date "
    "has passed",
    rows=_expected,
    columns=(
        Column("arrival_id"),
        *(Column(name) for name in (*_COLUMNS, "overdue", "level")),
        *_PERSON,
    ),
    sorts=(Sort("date", ("arrived_at", "arrival_id")),),
    filters=("risk_level", "worker"),
    places=("grid", "community", "street"),
    households="household_id",
    given=lambda _conn, asked: steps_ago(asked),
)

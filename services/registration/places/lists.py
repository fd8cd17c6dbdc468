"""The places of whoever asks, and all below them."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, select, true
from sqlalchemy.engine import Connection

from chassis.doors.declared import Column, ListQuery, Sort
from chassis.doors.within import Bounds, bounds
from field.scope import Scope
from services.registration.places.tables import places

_P = places.c
INSIDE: Final[BindParameter[str]] = bindparam("inside_place", type_=_P.place_id.type)
_COLUMNS = ("place_id", "parent", "level", "name", "division", "kind", "version")


def at_or_below(conn: Connection, scope: Scope | Bounds, column: Any) -> ColumnElement[bool]:
    """Rows whose place, of whatever level, is one of the scope's or lies below one."""
    if scope.everywhere:
        return true()
    reached = bounds(conn, scope, places).one_of_places(conn, _P.place_id)
    own = select(_P.place_id).where(reached)
    return _with_those_below(own, "reached", column)


def inside(column: Any) -> ColumnElement[bool]:
    """Rows whose place, of whatever level, is that of the parameter INSIDE or lies below it."""
    return _with_those_below(select(_P.place_id).where(_P.place_id == INSIDE), "inside", column)


def _with_those_below(own: Select[Any], name: str, column: Any) -> ColumnElement[bool]:
    """:param name: in the statement, where each name stands once."""
    reached = own.cte(name, recursive=True)
    below = select(_P.place_id).join(reached, _P.parent == reached.c.place_id)
    found: ColumnElement[bool] = column.in_(select(reached.union(below).c.place_id))
    return found


def _places(conn: Connection, scope: Bounds) -> Select[Any]:
    inside = at_or_below(conn, scope, _P.place_id)
    return select(*(_P[name] for name in _COLUMNS)).where(_P.removed.is_(False), inside)


PLACES = ListQuery(
    "places",
    about="place",
    id="place_id",
    definition="places at which you work and those below, without those that have ended",
    rows=_places,
    columns=tuple(Column(name) for name in _COLUMNS),
    sorts=(Sort("id", ("place_id",)),),
    filters=("level", "parent"),
)

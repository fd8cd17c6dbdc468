"""Arrivals that wait for somebody, and pairs that may be one, as officers see them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, or_, select, text
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from chassis.doors.declared import Asked, Column, ListQuery, Sort
from chassis.doors.within import in_district, within
from field.scope import Scope
from services.registration.arrivals.tables import arrivals, possible_duplicates
from services.registration.places.tables import places

_A = arrivals.c
_ONE, _OTHER = arrivals.alias("one"), arrivals.alias("other")
"""The two of a pair. Made once: an alias of so many columns takes longer to make than the page to read."""
_OF_ARRIVAL = (
    "version",
    "state",
    "arrived_at",
    "expected",
    "household_id",
    "risk_level",
    "division",
    "street",
    "community",
    "grid",
    "placed_by",
    "unassigned_since",
)


def in_scope(conn: Connection, scope: Scope, arrival: Any) -> ColumnElement[bool]:
    """Arrivals at the places of the scope; those whose street nobody knows by their division.

    Those of a division that is none of ours, or of none, are for whoever answers for a district.
    """
    levels = {"street": arrival.street, "community": arrival.community, "grid": arrival.grid}
    placed = within(conn, scope, places, levels)
    if scope.everywhere:
        return placed
    of_scope = is_in(conn, places.c.place_id, sorted(scope.places))
    divisions = select(places.c.division).where(of_scope, places.c.division.is_not(None))
    ours = select(places.c.division).where(places.c.division.is_not(None), places.c.removed.is_(False))
    elsewhere = arrival.division.is_(None) | arrival.division.not_in(ours)
    lost = arrival.division.in_(divisions) | (elsewhere & in_district(conn, scope, places))
    return or_(placed, and_(arrival.street.is_(None), lost))


def _waiting(conn: Connection, scope: Scope, _asked: Asked) -> Select[Any]:
    columns = [_A.id.label("arrival_id"), *(_A[name] for name in _OF_ARRIVAL), _A.sealed]
    return select(*columns).where(_A.unassigned_since.is_not(None), in_scope(conn, scope, _A))


def _duplicates(conn: Connection, scope: Scope, _asked: Asked) -> Select[Any]:
    """Pairs of which at least one is within the scope. Of the other one stands where it is, not who."""
    pair = possible_duplicates.c
    columns: list[Any] = [pair.first, pair.second, pair.why, pair.opened_at]
    within_scope = in_scope(conn, scope, _ONE.c), in_scope(conn, scope, _OTHER.c)
    for name, side, ours in zip(("first", "second"), (_ONE.c, _OTHER.c), within_scope, strict=True):
        columns += [side[part].label(f"{name}_{part}") for part in ("arrived_at", "street", "community")]
        columns += [case((ours, side.sealed)).label(f"{name}_sealed")]
    # A literal, so that the planner sees that the partial index holds all of them.
    is_open = text("possible_duplicates.state = 'open'")
    return (
        select(*columns)
        .join(_ONE, _ONE.c.id == pair.first)
        .join(_OTHER, _OTHER.c.id == pair.second)
        .where(is_open, or_(*within_scope))
    )


def _of_side(side: str) -> tuple[Column, ...]:
    return (
        *(Column(f"{side}_{part}") for part in ("arrived_at", "street", "community")),
        Column(f"{side}_name", "name", f"{side}_sealed", "name"),
        Column(f"{side}_phone", "phone", f"{side}_sealed", "phone"),
    )


WAITING_ARRIVALS = ListQuery(
    "waiting_arrivals",
    about="arrival",
    id="arrival_id",
    definition="people who have arrived or are expected, and whom no worker has yet",
    rows=_waiting,
    columns=(
        Column("arrival_id"),
        *(Column(name) for name in _OF_ARRIVAL),
        Column("name", "name", sealed="sealed"),
        Column("phone", "phone", sealed="sealed"),
        Column("address", "address", sealed="sealed"),
    ),
    sorts=(
        Sort("longest", ("unassigned_since", "arrival_id")),
        Sort("newest", ("arrival_id",), descending=True),
    ),
    filters=("state", "risk_level", "division"),
    places=("grid", "community", "street"),
    households="household_id",
)
POSSIBLE_DUPLICATES = ListQuery(
    "possible_duplicates",
    about="arrival",
    id="first",
    definition="pairs of arrivals that may be one person's or one coming, and about which nobody has decided",
    rows=_duplicates,
    columns=(
        *(Column(name) for name in ("first", "second", "why", "opened_at")),
        *_of_side("first"),
        *_of_side("second"),
    ),
    sorts=(Sort("oldest", ("opened_at", "first", "second")),),
    filters=("why",),
)

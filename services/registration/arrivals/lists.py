"""Arrivals that wait for somebody, and pairs that may be one, as officers see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, or_, select, text
from sqlalchemy.engine import Connection

from chassis.doors.declared import Asked, Column, ListQuery, Sort, ThingQuery
from chassis.doors.within import Bounds, bounds, in_district, within
from field.ids import is_id
from field.scope import Scope
from services.registration.arrivals.tables import arrivals, possible_duplicates
from services.registration.places.tables import places

_A = arrivals.c
_ONE, _OTHER = arrivals.alias("one"), arrivals.alias("other")
"""The two of a pair. Made once: an alias of so many columns takes longer to make than the page to read."""
_COMPARED = ("risk_level", "state", "reports")
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


def in_scope(conn: Connection, scope: Scope | Bounds, arrival: Any) -> ColumnElement[bool]:
    """Arrivals at the places of the scope; those whose street nobody knows by their division.

    Those of a division that is none of ours, or of none, are for whoever answers for a district.
    """
    levels = {"street": arrival.street, "community": arrival.community, "grid": arrival.grid}
    found = bounds(conn, scope, places)
    placed = within(conn, found, places, levels)
    if found.everywhere:
        return placed
    of_scope = found.one_of_places(conn, places.c.place_id)
    divisions = select(places.c.division).where(of_scope, places.c.division.is_not(None))
    ours = select(places.c.division).where(places.c.division.is_not(None), places.c.removed.is_(False))
    elsewhere = arrival.division.is_(None) | arrival.division.not_in(ours)
    lost = arrival.division.in_(divisions) | (elsewhere & in_district(conn, found, places))
    return or_(placed, and_(arrival.street.is_(None), lost))


def _waiting(conn: Connection, scope: Bounds) -> Select[Any]:
    columns = [_A.id.label("arrival_id"), *(_A[name] for name in _OF_ARRIVAL), _A.sealed]
    return select(*columns).where(_A.unassigned_since.is_not(None), in_scope(conn, scope, _A))


def _duplicates(conn: Connection, scope: Bounds) -> Select[Any]:
    # A literal, so that the planner sees that the partial index holds all of them.
    return _pairs(conn, scope).where(text("possible_duplicates.state = 'open'"))


def _made_one(conn: Connection, scope: Bounds) -> Select[Any]:
    return _pairs(conn, scope).where(text("possible_duplicates.state = 'merged'"))


def _pairs(conn: Connection, scope: Scope | Bounds, *more: str) -> Select[Any]:
    """Pairs of which at least one is within the scope. Of the other one stands where it is, not who.

    :param more: columns of each that are shown besides where it is within the scope.
    """
    pair = possible_duplicates.c
    columns: list[Any] = [pair.first, pair.second, pair.why, pair.opened_at]
    columns += [pair.state, pair.decided_at, pair.decided_by]
    found = bounds(conn, scope, places)
    within_scope = in_scope(conn, found, _ONE.c), in_scope(conn, found, _OTHER.c)
    for name, side, ours in zip(("first", "second"), (_ONE.c, _OTHER.c), within_scope, strict=True):
        columns += [side[part].label(f"{name}_{part}") for part in ("arrived_at", "street", "community")]
        columns += [case((ours, side[part])).label(f"{name}_{part}") for part in ("sealed", *more)]
    return (
        select(*columns)
        .join(_ONE, _ONE.c.id == pair.first)
        .join(_OTHER, _OTHER.c.id == pair.second)
        .where(or_(*within_scope))
    )


def _pair(conn: Connection, scope: Scope, asked: Asked, id: str) -> Mapping[str, Any] | None:
    """Also one that is decided: it says so."""
    first, _, second = id.partition(":")
    if not (is_id(first) and is_id(second)):
        return None
    p = possible_duplicates.c
    found = _pairs(conn, scope, *_COMPARED).where(p.first == first, p.second == second, p.state != "dropped")
    row = conn.execute(found).mappings().one_or_none()
    return {**row, "pair": id} if row else None


def _shown(pair: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Whose records somebody sees who looks at the pair in full."""
    return [("arrival", pair[side]) for side in ("first", "second") if pair[f"{side}_sealed"]]


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
PAIRS_MADE_ONE = ListQuery(
    "pairs_made_one",
    about="arrival",
    id="first",
    definition="pairs of arrivals of which an officer has decided that they are one",
    rows=_made_one,
    columns=(
        *(Column(name) for name in ("first", "second", "why", "decided_at", "decided_by")),
        *_of_side("first"),
        *_of_side("second"),
    ),
    sorts=(Sort("newest", ("decided_at", "first", "second"), descending=True),),
    filters=("why",),
)
POSSIBLE_DUPLICATE = ThingQuery(
    "possible_duplicate",
    find=_pair,
    columns=(
        *(Column(name) for name in ("pair", "first", "second", "why", "opened_at", "state")),
        *(Column(name) for name in ("decided_at", "decided_by")),
        *_of_side("first"),
        *_of_side("second"),
        *(Column(f"{side}_{part}") for side in ("first", "second") for part in _COMPARED),
        Column("first_identity_number", "number", "first_sealed", "identity_number"),
        Column("first_address", "address", "first_sealed", "address"),
        Column("second_identity_number", "number", "second_sealed", "identity_number"),
        Column("second_address", "address", "second_sealed", "address"),
    ),
    seen=_shown,
)

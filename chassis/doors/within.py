"""The filter that a scope is in SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Table, and_, false, or_, select, true
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in, is_one_of, listed
from field.ids import is_id
from field.scope import Lies, Scope

_FEW = 200
"""So many values are written out, so that an index on them and on the order serves a page."""


def within(
    conn: Connection,
    scope: Scope,
    places: Table,
    columns: Mapping[str, Column[Any]],
    *,
    households: Sequence[Column[Any]] = (),
) -> ColumnElement[bool]:
    """Rows that lie in one of the scope's places, or belong to one of its households.

    Each place is looked for in the column of its level alone, where there is an index that begins with it; a
    place below a community inside that community. A place that is not known is looked for in all columns.

    :param columns: level of places -> the column that names the place of this level in which a row lies.
    :param households: the columns that may name its household; somebody alone is named by the case.
    """
    if scope.everywhere:
        return true()
    chosen = _at(conn, scope, places, columns) if scope.places else []
    own = {household for household in scope.households if is_id(household)}
    chosen += [_one_of(conn, column, own) for column in households if own]
    return or_(false(), *chosen)


def in_district(conn: Connection, scope: Scope, places: Table) -> ColumnElement[bool]:
    """Whether the scope reaches a whole district: what lies at no known place is that officer's."""
    if scope.everywhere:
        return true()
    p = places.c
    own = is_in(conn, p.place_id, sorted(scope.places))
    return select(p.place_id).where(own, p.level.in_(("province", "city", "district"))).exists()


def _at(
    conn: Connection, scope: Scope, places: Table, columns: Mapping[str, Column[Any]]
) -> list[ColumnElement[bool]]:
    known = {place_id: scope.lies[place_id] for place_id in scope.places if place_id in scope.lies}
    if others := scope.places - known.keys():
        known |= lies_of(conn, others, places)
    of_level: dict[str, set[str]] = defaultdict(set)
    inside: dict[str, set[str]] = defaultdict(set)
    for place_id, lies in known.items():
        if lies.community and "community" in columns:
            inside[lies.community].add(place_id)
        else:
            of_level[lies.level].add(place_id)
    unknown = scope.places - known.keys()
    chosen = [
        _one_of(conn, column, of_level[level] | unknown)
        for level, column in columns.items()
        if of_level[level] or unknown
    ]
    if inside:
        grids = set().union(*inside.values())
        community = _one_of(conn, columns["community"], inside.keys())
        chosen.append(and_(community, _one_of(conn, columns["grid"], grids)))
    return chosen


def lies_of(conn: Connection, wanted: Collection[str], places: Table) -> dict[str, Lies]:
    """How these places lie; those that are not known are left out."""
    rows = conn.execute(_levels_of(places), {"place_ids": listed(sorted(wanted))})
    return {place_id: Lies.of(level, parent, level_above) for place_id, level, parent, level_above in rows}


@lru_cache
def _levels_of(places: Table) -> Select[Any]:
    """Place, level, and both of the place above, of those in the parameter `place_ids`."""
    above = places.alias("above")
    columns = places.c.place_id, places.c.level, above.c.place_id, above.c.level
    each = select(*columns).outerjoin(above, above.c.place_id == places.c.parent)
    return each.where(is_one_of(places.c.place_id, "place_ids"))


def _one_of(conn: Connection, column: Column[Any], values: Collection[str]) -> ColumnElement[bool]:
    return column.in_(sorted(values)) if len(values) <= _FEW else is_in(conn, column, sorted(values))

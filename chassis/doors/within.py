"""The filter that a scope is in SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Select, Table, and_, bindparam, false, or_, select, true
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in, is_one_of, listed
from field.ids import is_id
from field.scope import Lies, Scope

_FEW = 200
"""So many values are written out, so that an index on them and on the order serves a page."""
_PLACES: Final = "scope_places"
"""The parameter of all places of a scope, whatever their level."""
_UNKNOWN: Final = "unknown"
_INSIDE, AROUND = "inside", "around"
"""Places below a community that is known, and these communities."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """A scope as statements need it: its ids sorted by the columns in which they stand.

    :param named: the ids are parameters of the statement, whose values are `parameters`: it is put together
        once for all scopes of one `outline`. Otherwise they stand in it.
    """

    everywhere: bool
    _places: Sequence[str]
    _ids: Mapping[str, Sequence[str]]
    named: bool = False

    @classmethod
    def of(cls, scope: Scope, known: Mapping[str, Lies], *, named: bool = False) -> Bounds:
        """
        :param known: how its places lie; others are looked for in all columns.
        """
        ids: dict[str, set[str]] = defaultdict(set)
        for place_id in scope.places:
            lies = known.get(place_id)
            if lies is None:
                ids[_UNKNOWN].add(place_id)
            elif lies.community:
                ids[_INSIDE].add(place_id)
                ids[AROUND].add(lies.community)
            else:
                ids[lies.level].add(place_id)
        own = [household for household in scope.households if is_id(household)]
        for position in range(_HOUSEHOLD_COLUMNS if own else 0):
            ids[_of_household(position)].update(own)
        by_kind = {kind: sorted(found) for kind, found in ids.items()}
        return cls(scope.everywhere, sorted(scope.places), by_kind, named)

    @property
    def outline(self) -> Hashable:
        return self.everywhere, frozenset((kind, len(ids) > _FEW) for kind, ids in self._ids.items())

    def parameters(self) -> dict[str, Any]:
        """Of statements of which these bounds are named."""
        given = {_name(kind): listed(ids) if len(ids) > _FEW else ids for kind, ids in self._ids.items()}
        return {**given, _PLACES: listed(self._places)}

    def one_of(self, conn: Connection, column: Column[Any], *kinds: str) -> ColumnElement[bool]:
        """Whether the column has an id of one of these kinds; there may be none."""
        return or_(false(), *(self._one_of(conn, column, kind) for kind in kinds if kind in self._ids))

    def one_of_places(self, conn: Connection, column: Column[Any]) -> ColumnElement[bool]:
        """Whether the column, a place's id, is one of the scope's places."""
        return is_one_of(column, _PLACES) if self.named else is_in(conn, column, self._places)

    def _one_of(self, conn: Connection, column: Column[Any], kind: str) -> ColumnElement[bool]:
        ids, name = self._ids[kind], _name(kind)
        if len(ids) > _FEW:
            return is_one_of(column, name) if self.named else is_in(conn, column, ids)
        return column.in_(bindparam(name, type_=column.type, expanding=True) if self.named else ids)


_HOUSEHOLD_COLUMNS = 2  # at most, in which a statement looks for one


def _of_household(position: int) -> str:
    """Columns of several types may name it: each has a parameter of its own."""
    return f"household_{position}"


def _name(kind: str) -> str:
    """Of a parameter."""
    return f"scope_{kind}"


def bounds(conn: Connection, scope: Scope | Bounds, places: Table) -> Bounds:
    if isinstance(scope, Bounds):
        return scope
    others = scope.places - scope.lies.keys()
    return Bounds.of(scope, {**scope.lies, **lies_of(conn, others, places)} if others else scope.lies)


def within(
    conn: Connection,
    scope: Scope | Bounds,
    places: Table,
    columns: Mapping[str, Column[Any]],
    *,
    households: Sequence[Column[Any]] = (),
) -> ColumnElement[bool]:
    """Rows that lie in one of the scope's places, or belong to one of its households.

    Each place is looked for in the column of its level alone, where there is an index that begins with it; a
    place below a community inside that community. A place that is not known is looked for in all columns.

    :param columns: street, community and grid -> the column that names the place of this level in which a row
        lies.
    :param households: the columns that may name its household; somebody alone is named by the case.
    """
    if scope.everywhere:
        return true()
    assert len(households) <= _HOUSEHOLD_COLUMNS
    found = bounds(conn, scope, places)
    inside = and_(
        found.one_of(conn, columns["community"], AROUND), found.one_of(conn, columns["grid"], _INSIDE)
    )
    return or_(
        *(found.one_of(conn, column, level, _UNKNOWN) for level, column in columns.items()),
        inside,
        *(found.one_of(conn, column, _of_household(position)) for position, column in enumerate(households)),
    )


def in_district(conn: Connection, scope: Scope | Bounds, places: Table) -> ColumnElement[bool]:
    """Whether the scope reaches a whole district: what lies at no known place is that officer's."""
    if scope.everywhere:
        return true()
    p = places.c
    own = bounds(conn, scope, places).one_of_places(conn, p.place_id)
    return select(p.place_id).where(own, p.level.in_(("province", "city", "district"))).exists()


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

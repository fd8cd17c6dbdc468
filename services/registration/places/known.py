"""What places are called and how they lie, as this process holds it until they change: pages name some."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from chassis.copies import Cache, Revised
from chassis.unit_of_work import UnitOfWork
from field.scope import Scope
from services.registration.places.tables import places
from services.registration.reference.versions import VERSIONS

_DEEPEST: Final = 12  # more levels than any tree has: a loop in bad data ends here
_READ: Final = select(*(places.c[name] for name in ("place_id", "name", "level", "parent", "removed")))


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """:param removed: it has ended; it still has its name, and lies where it lay."""

    place_id: str
    name: str
    level: str
    parent: str | None
    removed: bool


@dataclass(frozen=True, slots=True)
class KnownPlaces:
    """:param below: the ids of those right below each, sorted, without those that have ended."""

    by_id: Mapping[str, NamedPlace]
    below: Mapping[str, Sequence[str]]

    def is_reached(self, place_id: str, scope: Scope) -> bool:
        """Whether it is one of the scope's places, or lies below one: as `at_or_below` finds it in SQL."""
        if scope.everywhere:
            return True
        place = self.by_id.get(place_id)
        for _ in range(_DEEPEST):
            if place is None:
                return False
            if place.place_id in scope.places:
                return True
            place = self.by_id.get(place.parent or "")
        return False


def known_places(uow: UnitOfWork) -> KnownPlaces:
    """With all that was committed before this unit began to read."""
    return _CACHE.current(uow)


def _read(uow: UnitOfWork, revised: Revised, held: KnownPlaces | None) -> KnownPlaces:
    if held and revised.same("places"):
        return held
    by_id = {row.place_id: NamedPlace(*row) for row in uow.conn.execute(_READ)}
    below = defaultdict(list)
    for place_id, place in sorted(by_id.items()):
        if place.parent and not place.removed:
            below[place.parent].append(place_id)
    return KnownPlaces(by_id, dict(below))


_CACHE: Final = Cache(VERSIONS, _read)

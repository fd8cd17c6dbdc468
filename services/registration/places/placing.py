"""The doorstep of a destination (P1): its community and grid, by the table of places.

Codes decide first, then names and aliases, the longest first. Where two communities fit equally, or none,
it is nobody's doorstep, and the arrival waits on the street's list.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal

from field.places import PlaceTree
from field.scope import Scope
from services.registration.places.divisions import divisions
from services.registration.places.spelling import fold

PlacedBy = Literal["code", "name", "alias", "none"]
_LEVELS = ("street", "community", "grid")
# Names of places as wide as these say nothing of a doorstep.
_WIDE = ("province", "city", "district")


@dataclass(frozen=True, slots=True)
class Place:
    place_id: str
    parent: str | None
    level: str
    name: str
    aliases: tuple[str, ...] = ()
    division: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """A place that has ended, and the one into which it was dissolved, if any."""

    place: Place
    successor: str | None


@dataclass(slots=True, unsafe_hash=True)
class Placement:
    """Where a destination lies in the place tree, as far as it is sure."""

    street: str | None = None
    community: str | None = None
    grid: str | None = None
    placed_by: PlacedBy = "none"


@dataclass(frozen=True, slots=True)
class _Name:
    """A name or an alias of a place, folded.

    :param levels: the ids of the street, community and grid that it lies in, itself included.
    :param around: those ids.
    """

    text: str
    place_id: str
    level: str
    by: PlacedBy
    levels: Mapping[str, str]
    around: frozenset[str]
    tells_community: bool

    def is_inside(self, places: frozenset[str]) -> bool:
        return not places or not places.isdisjoint(self.around)


# Reports name few codes again and again: the answers to those are kept.
_MOST_DIVISIONS = 10_000


class PlaceIndex:
    """The place tree, looked up by code and by name. Names are found by their first two characters."""

    def __init__(self, places: Iterable[Place], ended: Sequence[Ended] = ()) -> None:
        """
        :param ended: whoever is told to one of these is its successor's, by code, name and alias.
        """
        by_id = {place.place_id: place for place in places}
        tree = PlaceTree(by_id, {gone.place.place_id: gone.successor or gone.place.parent for gone in ended})
        self._levels = {place_id: tree.by_level(place_id) for place_id in (*by_id, *tree.ended)}
        self._by_code: dict[str, list[str]] = defaultdict(list)
        self._by_start: dict[str, list[_Name]] = defaultdict(list)
        self._of_division = lru_cache(_MOST_DIVISIONS)(self._by_division)
        dissolved = (
            replace(gone.place, place_id=now, name="", aliases=(gone.place.name, *gone.place.aliases))
            for gone in ended
            if gone.successor and (now := tree.now(gone.successor)) in by_id
        )
        for place in (*by_id.values(), *dissolved):
            if place.division and place.place_id not in self._by_code[place.division]:
                self._by_code[place.division].append(place.place_id)
            for name in _names_of(place, self._levels[place.place_id]):
                self._by_start[name.text[:2]].append(name)
        for names in self._by_start.values():
            names.sort(key=lambda name: -len(name.text))

    def level_ids(self, place_id: str | None) -> Mapping[str, str]:
        """The ids of the street, community and grid a place lies in (itself included)."""
        return self._levels.get(place_id or "", {})

    def at(self, place_id: str) -> Placement | None:
        """Where somebody is whom an officer put there: the place is named as a code names one.

        None: it is no place of a street, or there no more. Of one that has ended: where its successor is.
        """
        levels = self.level_ids(place_id)
        if "street" not in levels:
            return None
        street, community, grid = (levels.get(level) for level in _LEVELS)
        return Placement(street, community, grid, "code" if community else "none")

    def is_within(self, scope: Scope, place_id: str) -> bool:
        """Whether the place, or one that it lies in, is the scope's."""
        return scope.covers(place_id, *self.level_ids(place_id).values())

    def find(self, division: str, address: str) -> Placement:
        """
        :param division: code of the destination, or "".
        :param address: as written.
        """
        inside, by_code = self._of_division(division)
        named = self._names_in(fold(address), inside) if address else ()
        if not named and by_code.community:
            return by_code
        wide = [name for name in named if not name.tells_community]
        # A street's name only narrows, however long it is.
        streets = frozenset(name.place_id for name in wide if name.level == "street") if wide else _NOWHERE
        deeper = [name for name in named if name.tells_community] if wide else named
        if streets:
            deeper = [name for name in deeper if name.is_inside(streets)] or deeper
        if deeper:
            longest = max(len(name.text) for name in deeper)
            by_name = _common([name for name in deeper if len(name.text) == longest], deeper)
            if by_name.community and by_code.community in (None, by_name.community):
                return by_name
            if not by_code.community:  # two communities fit equally well
                return Placement(street=by_name.street or by_code.street)
        if by_code.community:
            return by_code
        # 和平家园 whose community has ended is still in its street.
        around = frozenset(name.levels.get("street", "") for name in wide)
        return Placement(street=by_code.street or _only(streets) or _only(around))

    def _names_in(self, address: str, inside: frozenset[str]) -> Sequence[_Name]:
        """All names and aliases that stand in the address, of places inside those that the code names."""
        by_start, found = self._by_start, []
        for at in range(len(address) - 1):
            start = address[at : at + 2]
            if start in by_start:
                for name in by_start[start]:
                    if address.startswith(name.text, at) and name.is_inside(inside):
                        found.append(name)
        return found

    def _by_division(self, division: str) -> tuple[frozenset[str], Placement]:
        """The places that a code names (most digits first), and the placement that follows from them.

        A zone and the counties in which it lies are looked through together: people write the code of either.
        """
        for length in (12, 9, 6):
            places = self._by_code.get(division[:length]) if len(division) >= length else None
            if places:
                near = divisions().zones.around(division[:6]) if length == 6 else ()
                nearby = [place_id for code in near for place_id in self._by_code.get(code, ())]
                if len(places) > 1:
                    return frozenset((*places, *nearby)), Placement()
                levels = self._levels[places[0]]
                by: PlacedBy = "code" if "community" in levels else "none"
                street, community, grid = levels.get("street"), levels.get("community"), levels.get("grid")
                return frozenset((*places, *nearby)), Placement(street, community, grid, by)
        return frozenset(), Placement()


_NOWHERE: Final[frozenset[str]] = frozenset()


def _common(best: Sequence[_Name], others: Sequence[_Name]) -> Placement:
    """The place that all the equally good names share; a tie between two communities shares none."""
    street, community, grid = (_only(frozenset(n.levels.get(level, "") for n in best)) for level in _LEVELS)
    if community and not grid:  # 某社区某小区: the community decided, the courtyard tells the grid
        grids = (name.levels.get("grid") for name in others if name.levels.get("community") == community)
        grid = _only(frozenset(grid for grid in grids if grid))
    return Placement(street, community, grid, best[0].by if community else "none")


def _names_of(place: Place, levels: Mapping[str, str]) -> Iterator[_Name]:
    if place.level in _WIDE:
        return
    texts: list[tuple[str, PlacedBy]] = [(place.name, "name"), *((alias, "alias") for alias in place.aliases)]
    for text, by in texts:
        folded = fold(text)
        if len(folded) >= 2:
            around, tells_community = frozenset(levels.values()), "community" in levels
            yield _Name(folded, place.place_id, place.level, by, levels, around, tells_community)


def _only(ids: frozenset[str]) -> str | None:
    """The one id, unless it is none or "": there are several, or one of the places has none."""
    return (next(iter(ids)) or None) if len(ids) == 1 else None

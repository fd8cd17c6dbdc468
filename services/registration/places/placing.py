"""Whose doorstep (P1): a destination's community and grid by the place table, and the worker with room.

Codes decide first, then names and aliases, the longest first. Where two communities fit equally, or none,
the answer is nobody's, and the arrival waits on the street's list.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from services.registration.places.spelling import fold

PlacedBy = Literal["code", "name", "alias", "none"]
_LEVELS = ("street", "community", "grid")


@dataclass(frozen=True, slots=True)
class Place:
    place_id: str
    parent: str | None
    level: str
    name: str
    aliases: tuple[str, ...] = ()
    division: str | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a destination lies in the place tree, as far as it is sure."""

    street: str | None = None
    community: str | None = None
    grid: str | None = None
    placed_by: PlacedBy = "none"


@dataclass(frozen=True, slots=True)
class _Called:
    text: str
    place: Place
    by: PlacedBy


class PlaceIndex:
    """The place tree, looked up by code and by name. Names are found by their first two characters."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._places = {place.place_id: place for place in places}
        self._by_code: dict[str, list[Place]] = defaultdict(list)
        self._by_start: dict[str, list[_Called]] = defaultdict(list)
        self._above: dict[str, dict[str, str]] = {}
        for place in self._places.values():
            self._above[place.place_id] = self._levels_above(place)
            if place.division:
                self._by_code[place.division].append(place)
            for text, by in ((place.name, "name"), *((alias, "alias") for alias in place.aliases)):
                folded = fold(text)
                if len(folded) >= 2 and place.level not in ("province", "city", "district"):
                    self._by_start[folded[:2]].append(_Called(folded, place, by))  # type: ignore[arg-type]
        for called in self._by_start.values():
            called.sort(key=lambda one: -len(one.text))

    def level_ids(self, place_id: str | None) -> Mapping[str, str]:
        """The ids of the street, community and grid a place lies in (itself included)."""
        return self._above.get(place_id or "", {})

    def find(self, division: str, address: str) -> Placement:
        """
        :param division: code of the destination, or "".
        :param address: as written.
        """
        inside, by_code = self._by_division(division)
        called = list(self._called_in(fold(address), inside)) if address else []
        streets = [one for one in called if "community" not in self._above[one.place.place_id]]
        # A street's name only narrows, however long it is.
        named = frozenset(one.place.place_id for one in streets if one.place.level == "street")
        deeper = [one for one in called if "community" in self._above[one.place.place_id]]
        deeper = [one for one in deeper if self._is_inside(one.place, named)] or deeper
        if deeper:
            longest = max(len(one.text) for one in deeper)
            found = self._common([one for one in deeper if len(one.text) == longest], deeper)
            if found.community and by_code.community in (None, found.community):
                return found
            if not by_code.community:  # two communities fit equally well
                return Placement(street=found.street or by_code.street)
        if by_code.community:
            return by_code
        return Placement(street=by_code.street or self._only(named))

    def _called_in(self, address: str, inside: frozenset[str]) -> Iterable[_Called]:
        """All names and aliases that stand in the address, of places inside the division's."""
        for at in range(len(address) - 1):
            for called in self._by_start.get(address[at : at + 2], ()):
                if address.startswith(called.text, at) and self._is_inside(called.place, inside):
                    yield called

    @staticmethod
    def _only(ids: frozenset[str]) -> str | None:
        return next(iter(ids)) if len(ids) == 1 else None

    def _by_division(self, division: str) -> tuple[frozenset[str], Placement]:
        """The places that a code names (most digits first), and the placement that follows from them."""
        for length in (12, 9, 6):
            places = self._by_code.get(division[:length]) if len(division) >= length else None
            if places:
                ids = frozenset(place.place_id for place in places)
                if len(places) > 1:
                    return ids, Placement()
                above = self._above[places[0].place_id]
                by: PlacedBy = "code" if "community" in above else "none"
                return ids, Placement(above.get("street"), above.get("community"), above.get("grid"), by)
        return frozenset(), Placement()

    def _is_inside(self, place: Place, inside: frozenset[str]) -> bool:
        return not inside or not inside.isdisjoint(self._above[place.place_id].values())

    def _common(self, best: Sequence[_Called], others: Sequence[_Called]) -> Placement:
        """What all the equally good answers share; a tie between two communities shares none."""
        if len(best) == 1:
            above = self._above[best[0].place.place_id]
            street, community, grid = above.get("street"), above.get("community"), above.get("grid")
        else:
            street, community, grid = (
                self._only(frozenset(self._above[one.place.place_id].get(level, "") for one in best)) or None
                for level in _LEVELS
            )
        if community and not grid:  # 某社区某小区: the community decided, the courtyard tells the grid
            inside = (self._above[one.place.place_id] for one in others)
            grids = frozenset(a["grid"] for a in inside if a.get("community") == community and "grid" in a)
            grid = self._only(grids)
        return Placement(street, community, grid, best[0].by if community else "none")

    def _levels_above(self, place: Place) -> dict[str, str]:
        found: dict[str, str] = {}
        current: Place | None = place
        seen: set[str] = set()
        while current is not None and current.place_id not in seen:
            seen.add(current.place_id)
            found.setdefault(current.level, current.place_id)
            current = self._places.get(current.parent or "")
        return found

"""Whose doorstep (P1): a destination's community and grid by the place table, and the worker with room.

Codes decide first, then names and aliases, the longest first. Where two communities fit equally, or none,
the answer is nobody's, and the arrival waits on the street's list.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from services.registration.domain.place_text import fold

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
        best: list[_Called] = []
        folded = fold(address) if address else ""
        for at in range(len(folded) - 1):
            for called in self._by_start.get(folded[at : at + 2], ()):
                if best and len(called.text) < len(best[0].text):
                    break
                if not folded.startswith(called.text, at) or not self._is_inside(called.place, inside):
                    continue
                if best and len(called.text) > len(best[0].text):
                    best = []
                best.append(called)
        if best:
            named = self._common(best)
            # A street's name says no more than its code does.
            if named.community or not by_code.community:
                found = Placement(
                    named.street or by_code.street,
                    named.community,
                    named.grid,
                    best[0].by if named.community else "none",
                )
                return found if found.community or not by_code.community else by_code
        return by_code

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
        current: Place | None = place
        if not inside:
            return True
        while current is not None:
            if current.place_id in inside:
                return True
            current = self._places.get(current.parent or "")
        return False

    def _common(self, called: Sequence[_Called]) -> Placement:
        """What all the equally good answers share; a tie between two communities shares none."""
        found: dict[str, str | None] = {}
        for level in _LEVELS:
            ids = {self._above[one.place.place_id].get(level) for one in called}
            found[level] = ids.pop() if len(ids) == 1 else None
        return Placement(found["street"], found["community"], found["grid"])

    def _levels_above(self, place: Place) -> dict[str, str]:
        found: dict[str, str] = {}
        current: Place | None = place
        seen: set[str] = set()
        while current is not None and current.place_id not in seen:
            seen.add(current.place_id)
            found.setdefault(current.level, current.place_id)
            current = self._places.get(current.parent or "")
        return found


class Rota:
    """Who of the grid workers takes the next arrival: the one with the fewest open ones (P1)."""

    def __init__(self, workers: Iterable[tuple[str, Mapping[str, str]]]) -> None:
        """
        :param workers: (staff_id, place_id by level of where they work) of the active grid workers.
        """
        self._at: dict[str, list[str]] = defaultdict(list)
        for staff_id, levels in sorted(workers, key=lambda one: one[0]):
            for level in ("grid", "community"):
                if level in levels:
                    self._at[levels[level]].append(staff_id)
        self._open: dict[str, int] = {}

    def workers(self, placement: Placement) -> Sequence[str]:
        """Of the grid, or of the whole community where the grid is unknown or has none."""
        return self._at.get(placement.grid or "") or self._at.get(placement.community or "") or ()

    def load(self, open_arrivals: Mapping[str, int]) -> None:
        """Start from these counts."""
        self._open = dict(open_arrivals)

    def next(self, placement: Placement) -> str | None:
        workers = self.workers(placement)
        if not workers:
            return None
        chosen = min(workers, key=lambda one: (self._open.get(one, 0), one))
        self._open[chosen] = self._open.get(chosen, 0) + 1
        return chosen

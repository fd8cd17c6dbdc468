"""The place tree: city, district, street, community, grid and what lies between, as far as levels go.

A place may end: then the place into which it was dissolved answers for it, or else the one above it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, Protocol, TypeVar

# More levels than any tree has: a loop in bad data ends here.
_DEEPEST = 12


class Place(Protocol):
    """Any record of a place that says where it lies."""

    @property
    def parent(self) -> str | None: ...

    @property
    def level(self) -> str: ...


P = TypeVar("P", bound=Place)


@dataclass(frozen=True)
class PlaceTree(Generic[P]):
    """Places by id, each with its parent.

    A place that is not known ends every way upward; a place's own id still counts as part of the way.

    :param ended: places that have ended, each with the one that answers for it now; they are not in `by_id`.
    """

    by_id: Mapping[str, P]
    ended: Mapping[str, str | None] = field(default_factory=dict)

    @cached_property
    def below(self) -> Mapping[str, Sequence[str]]:
        """Those right below each place; what lay below one that has ended is below whoever answers for it."""
        found: dict[str, list[str]] = {}
        for place_id, place in self.by_id.items():
            if (parent := self.now(place.parent)) is not None:
                found.setdefault(parent, []).append(place_id)
        return found

    def inside(self, place_id: str) -> set[str]:
        """The place, and all that lie below it."""
        found, looked_at = {place_id}, [place_id]
        for _ in range(_DEEPEST):
            looked_at = [one for place in looked_at for one in self.below.get(place, ()) if one not in found]
            found.update(looked_at)
        return found

    def now(self, place_id: str | None) -> str | None:
        """The place itself, or where it has ended the one that answers for it."""
        for _ in range(_DEEPEST):
            if place_id is None or place_id not in self.ended:
                return place_id
            place_id = self.ended[place_id]
        return None

    def upward(self, *nearest: str | None) -> tuple[str, ...]:
        """The given places, nearest first, then every place above the last of them."""
        ended = self.ended
        chain = [place for place in nearest if place]
        if ended:
            chain = list(dict.fromkeys(now for place in chain if (now := self.now(place))))
        above = chain[-1] if chain else None
        for _ in range(_DEEPEST):
            known = self.by_id.get(above) if above else None
            above = known.parent if known else None
            if ended:
                above = self.now(above)
            if above is None:
                break
            if above not in chain:
                chain.append(above)
        return tuple(chain)

    def at_level(self, level: str, chain: Sequence[str]) -> str | None:
        """The first place of a chain that is of this level."""
        for place in chain:
            known = self.by_id.get(place)
            if known is not None and known.level == level:
                return place
        return None

    def by_level(self, place_id: str | None) -> Mapping[str, str]:
        """The ids of the place and of all above it, by level; of two of one level the lower one."""
        levels: dict[str, str] = {}
        for place in self.upward(place_id):
            known = self.by_id.get(place)
            if known is not None:
                levels.setdefault(known.level, place)
        return levels

"""What somebody may see and do: the rows of some places and of all that lies below them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple


class Lies(NamedTuple):
    """Of what level a place is, and of a grid of a community that community's id."""

    level: str
    community: str | None = None

    @classmethod
    def of(cls, level: str, parent: str | None, level_above: str | None) -> Lies:
        """
        :param parent: the place right above, and its level.
        """
        return cls(level, parent if level == "grid" and level_above == "community" else None)


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows that one author reaches with one act or query.

    A row names the places in which it lies, from the district down to the grid, so no tree is needed to tell.

    :param places: ids of places, for instance those where the author has a role that may do this.
    :param everywhere: whether these are all rows: of other systems, which name whom they mean, and of the
        services themselves.
    :param households: ids of the household of a resident, who reaches no place.
    :param staff: ids of the staff whose work it is: the author's own, and of whoever they go for. What is
        given to one of them is within reach wherever it lies.
    :param lies: of places what is known of them already; whoever needs it of others looks it up.
    """

    places: frozenset[str] = frozenset()
    everywhere: bool = False
    households: frozenset[str] = frozenset()
    staff: frozenset[str] = frozenset()
    lies: Mapping[str, Lies] = field(default_factory=dict, compare=False)

    def covers(self, *places: str | None) -> bool:
        """Whether a row in these places, each inside the one before, is within the scope."""
        return self.everywhere or not self.places.isdisjoint(places)

    def covers_household(self, household_id: str | None) -> bool:
        return self.everywhere or household_id in self.households


EVERYWHERE: Final = Scope(everywhere=True)
"""Of other systems and of the services themselves."""
NOWHERE: Final = Scope()

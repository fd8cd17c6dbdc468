"""Two arrivals that are one coming: which of them goes on. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from services.registration.arrivals.states import ENDED

_RANK: Final = {"verified": 0, "contacted": 1, "expected": 3, **dict.fromkeys(ENDED, 4)}
_FOLLOWED: Final = 2
"""The rank of every other state."""


class Side(NamedTuple):
    """One of the two.

    :param state: of the arrival.
    :param living_with: how many others of its household are followed.
    """

    arrival_id: str
    state: str
    living_with: int
    registered_at: datetime


def goes_on(one: Side, other: Side) -> tuple[str, str]:
    """(the one that goes on, the one that ends with it): whoever was met goes on, then whoever is followed,
    then whoever is expected; whoever has ended goes on only for another that has. Of two that are equal so
    far whoever lives with others goes on, then whoever was registered first.

    Tasks, check-ins and the link of a household hang on the one that goes on.
    """

    def rank(side: Side) -> tuple[int, bool, datetime, str]:
        return _RANK.get(side.state, _FOLLOWED), not side.living_with, side.registered_at, side.arrival_id

    first, second = sorted((one, other), key=rank)
    return first.arrival_id, second.arrival_id

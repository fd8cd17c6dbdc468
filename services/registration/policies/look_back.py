"""The look-back: a risk list concerns stops that ended at most so many days before it.

The policy in force on the day on which an arrival is announced says how many. It also decides the measure in
isolation: both services ask `field.policies.in_force` with the time of the arrival's event.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from field.policies import in_force

DEFAULT_LOOK_BACK_DAYS: Final = 14


@dataclass(frozen=True, slots=True)
class Policy:
    """The parts of a policy that registration needs."""

    policy_id: str
    edition: str
    valid_from: date
    valid_to: date | None
    places: tuple[str, ...]
    look_back_days: int
    answer_within: timedelta | None = None
    """For another community that is asked to take somebody over; None: the policy says nothing of it."""


class LookBack:
    """The days to look back, by destination and by the day on which an arrival was registered."""

    def __init__(self, policies: Sequence[Policy]) -> None:
        self._policies = policies
        self._days: dict[tuple[str, date], int] = {}

    def days(self, division: str, day: date) -> int:
        """:param division: code of the destination, or "" where it is not known."""
        days = self._days.get((division, day))
        if days is None:
            policy = in_force(self._policies, division or None, day)
            days = self._days[division, day] = policy.look_back_days if policy else DEFAULT_LOOK_BACK_DAYS
        return days

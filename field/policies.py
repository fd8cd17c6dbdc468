"""The policy in force: the one answer for every service.

The day of the event that leads to a case decides (the event's `time`, as a day of the jurisdiction). Of the
policies that hold for the destination and are valid on that day, the most local one is in force; among
equally local ones the latest to begin, then the highest edition.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Protocol, TypeVar


class Dated(Protocol):
    """Any record of a policy that says where and when it holds.

    `places` are prefixes of division codes; none means everywhere. It is valid from the start of
    `valid_from` to the end of `valid_to`; without `valid_to`, until another takes its place.
    """

    @property
    def edition(self) -> str: ...

    @property
    def valid_from(self) -> date: ...

    @property
    def valid_to(self) -> date | None: ...

    @property
    def places(self) -> tuple[str, ...]: ...


P = TypeVar("P", bound=Dated)


def in_force(policies: Iterable[P], division: str | None, day: date) -> P | None:
    """The policy in force for a destination on a day; None: none ever holds there from that day on.

    Where none has begun yet, the first to begin afterwards: an arrival must not wait for ever.

    :param division: division code of the destination; None where it is not known.
    """
    local = [(policy, how) for policy in policies if (how := _how_local(policy, division)) is not None]
    valid = [
        (how, policy.valid_from, policy.edition, policy)
        for policy, how in local
        if policy.valid_from <= day and (policy.valid_to is None or day <= policy.valid_to)
    ]
    if valid:
        return max(valid, key=lambda ranked: ranked[:3])[3]
    later = [
        (policy.valid_from, -how, policy.edition, policy) for policy, how in local if policy.valid_from > day
    ]
    return min(later, key=lambda ranked: ranked[:3])[3] if later else None


def _how_local(policy: Dated, division: str | None) -> int | None:
    """The length of the longest code that matches (0: it holds everywhere); None: it does not hold there."""
    if not policy.places:
        return 0
    matching = [len(code) for code in policy.places if division is not None and division.startswith(code)]
    return max(matching, default=None)

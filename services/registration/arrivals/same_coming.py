"""Several reports of one coming are one arrival.

The same person, coming to the same destination within 48 hours. An arrival is always computed from all its
reports in one order (event time, source, id), so the order in which they came makes no difference. It does to
which arrival a report is joined, where a person came several times in a few days: the 48 hours count from the
arrival's time, which its reports move. Then two arrivals are near each other, and staff are asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

SAME_COMING = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Known:
    """An arrival that a statement may belong to.

    :param told: the times that its statements give.
    """

    arrival_id: str
    arrived_at: datetime
    place_key: str
    placed: bool
    told: frozenset[datetime]

    def is_near(self, moment: datetime) -> bool:
        return any(abs(one - moment) <= SAME_COMING for one in self.told)


def is_same_coming(arrived_at: datetime, place_key: str, known: Known) -> bool:
    return known.place_key == place_key and abs(known.arrived_at - arrived_at) <= SAME_COMING


def choose(arrived_at: datetime, place_key: str, known: Iterable[Known]) -> Known | None:
    """The arrival that a statement belongs to: the earliest that fits."""
    fitting = (one for one in known if is_same_coming(arrived_at, place_key, one))
    return min(fitting, key=lambda one: (one.arrived_at, one.arrival_id), default=None)


def doubt(one: Known, other: Known) -> str | None:
    """Why two arrivals of one person may be one coming: any report of one is within 48 hours of any of the
    other, and they went to the same place, or of one of them nobody knows where."""
    if one.place_key != other.place_key and one.placed and other.placed:
        return None
    if not any(map(other.is_near, one.told)):
        return None
    return "fits_two_arrivals" if one.place_key == other.place_key else "destination_unclear"

"""The 48-hour rule: several reports of one coming are one arrival.

The same person, coming to the same destination within 48 hours. An arrival is always computed from all its
reports in one order (event time, source, id), so the order in which they came makes no difference. It does to
which arrival a report is joined, where a person came several times in a few days: the 48 hours count from the
arrival's time, which its reports move. Then two arrivals are near each other, and staff are asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

SAME_COMING = timedelta(hours=48)


@dataclass(slots=True)
class Known:
    """An arrival that a statement may belong to.

    :param times: all that its reports say, and `arrived_at`.
    """

    arrival_id: str
    arrived_at: datetime
    place_key: str
    placed: bool
    times: Set[datetime]

    def is_near(self, moment: datetime) -> bool:
        return any(abs(time - moment) <= SAME_COMING for time in self.times)


def is_same_coming(arrived_at: datetime, place_key: str, known: Known) -> bool:
    return known.place_key == place_key and abs(known.arrived_at - arrived_at) <= SAME_COMING


def choose(arrived_at: datetime, place_key: str, known: Iterable[Known]) -> Known | None:
    """The arrival that a statement belongs to: the earliest that fits."""
    fitting = (arrival for arrival in known if is_same_coming(arrived_at, place_key, arrival))
    return min(fitting, key=lambda arrival: (arrival.arrived_at, arrival.arrival_id), default=None)


def doubt(one: Known, other: Known) -> str | None:
    """Why two arrivals of one person may be one coming, in a word of LIKENESSES.

    They may where any report of one is within 48 hours of any of the other: they fit both, nobody knows where
    one of them went, or the person was told to two places, of which one may be wrong.
    """
    if not any(map(other.is_near, one.times)):
        return None
    if one.place_key == other.place_key:
        return "fits_two_arrivals"
    return "two_places" if one.placed and other.placed else "destination_unclear"

"""Who is out, who is back late, and who is away without leave: by all that was reported of somebody.

Reports come in any order and twice: from a gate, from a phone that had no network, from two people at one
door. So what follows is worked out from all of them in the order in which they happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.isolation.permits.rules import Outing

OUT, BACK = "out", "back"
ABSENT, OPENED = "absent", "opened"
"""Nobody saw them go: they were not at home when somebody came, or a sensor says that their door opened."""
EARLY: Final = timedelta(minutes=30)
"""So long before their time somebody may leave: the car is early."""
GRACE: Final = timedelta(minutes=15)
"""So long after their time somebody is not late yet."""
ONE_FOR: Final = timedelta(hours=12)
"""So long what tells that somebody is away is one going out, unless they are seen coming back, or an officer
judges it meanwhile.
"""


@dataclass(frozen=True, slots=True)
class Passage:
    """Somebody was seen going out or coming back, or was not there."""

    id: str
    at: datetime
    direction: str

    @property
    def order(self) -> tuple[datetime, bool, str]:
        """Of two of one moment they went out first."""
        return (self.at, self.direction == BACK, self.id)


@dataclass(frozen=True, slots=True)
class Course:
    """What became of one outing.

    :param left_at: when they first went out; None: nobody saw it.
    :param back_at: when they came back last; None: they are out, or never went.
    """

    left_at: datetime | None = None
    back_at: datetime | None = None
    late: bool = False

    @property
    def is_out(self) -> bool:
        return self.left_at is not None and self.back_at is None


@dataclass(frozen=True, slots=True)
class Judged:
    """All that was reported of somebody.

    :param courses: of each outing, in their order.
    :param without_leave: each time that they were away and no outing covers it: the passages that tell of
        it, the first one first. Two absences found while somebody is away are one.
    :param late_from: of each outing, from when on whoever is out by it is late.
    """

    courses: Sequence[Course]
    without_leave: Sequence[Sequence[Passage]]
    late_from: Sequence[datetime]


def judge(
    outings: Sequence[Outing],
    passages: Iterable[Passage],
    now: datetime,
    until: Sequence[datetime] = (),
    settled: Mapping[str, datetime] | None = None,
) -> Judged:
    """
    :param outings: those that were granted, in their order; an emergency may overlap others.
    :param until: of each, up to when people may go out by it; without it, its end.
    :param settled: passages of which an officer judged whether they tell of a breach: when that was first.
    """
    settled = settled or {}
    until = until or [one.ends for one in outings]
    late_from = [_ends(one, outings, until) + GRACE for one in outings]
    of_outing: list[list[Passage]] = [[] for _ in outings]
    without: list[list[Passage]] = []
    out_by: int | None = None
    away: list[Passage] = []
    for one in sorted(set(passages), key=lambda one: one.order):
        if one.direction in (ABSENT, OPENED):
            by_leave = out_by is not None and one.at <= late_from[out_by] + ONE_FOR
            if by_leave or _covers(outings, until, one.at):
                continue
        else:
            ends = one.direction == BACK and out_by is not None
            number = out_by if ends else _outing_of(outings, until, one)
            out_by = number if one.direction == OUT else None
            if number is not None:
                of_outing[number].append(one)
            if number is not None or one.direction == BACK:
                away = []
                continue
        # Whoever is away after an officer judged it went once more.
        again = any(settled[before.id] < one.at for before in away if before.id in settled)
        if not away or again or one.at - away[0].at > ONE_FOR:
            away = []
            without.append(away)
        away.append(one)
    courses = [_course(of_it, limit, now) for of_it, limit in zip(of_outing, late_from, strict=True)]
    return Judged(courses, without, late_from)


def _outing_of(outings: Sequence[Outing], until: Sequence[datetime], passage: Passage) -> int | None:
    """The last one that had begun, and that nobody had taken back when they went out."""
    begun = [n for n, one in enumerate(outings) if one.begins - EARLY <= passage.at]
    covering = [n for n in begun if passage.direction == BACK or passage.at <= until[n]]
    return covering[-1] if covering else None


def _covers(outings: Sequence[Outing], until: Sequence[datetime], at: datetime) -> bool:
    """Whether somebody who is away at a moment, and whom nobody saw go, may be by leave."""
    return any(
        one.begins - EARLY <= at <= (its_end + GRACE if its_end >= one.ends else its_end)
        for one, its_end in zip(outings, until, strict=True)
    )


def _ends(outing: Outing, outings: Sequence[Outing], until: Sequence[datetime]) -> datetime:
    """When whoever is out by it must be back: where another one has begun by its end, by the end of that."""
    ends = outing.ends
    for other, its_end in zip(outings, until, strict=True):
        if outing.begins <= other.begins <= ends + EARLY:
            ends = max(ends, its_end)
    return ends


def _course(passages: Sequence[Passage], limit: datetime, now: datetime) -> Course:
    """
    :param passages: in the order in which they happened.
    :param limit: after it they are late.
    """
    left = next((one.at for one in passages if one.direction == OUT), None)
    last = passages[-1] if passages else None
    is_out = last is not None and last.direction == OUT
    late, inside = is_out and now > limit, False
    for one in passages:
        # Who is seen coming back after the time was out, whether or not somebody saw them leave; who was seen
        # back before is only seen once more.
        late = late or (one.direction == BACK and one.at > limit and not inside)
        inside = one.direction == BACK
    return Course(left, None if is_out or last is None else last.at, late)

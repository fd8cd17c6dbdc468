"""Who is out, who is back late, and who went out without leave: by all that was reported of somebody.

Reports come in any order and twice: from a gate, from a phone that had no network, from two people at one
door. So what follows is worked out from all of them in the order in which they happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.isolation.permits.rules import Outing

OUT, BACK = "out", "back"
EARLY: Final = timedelta(minutes=30)
"""So long before their time somebody may leave: the car is early."""
GRACE: Final = timedelta(minutes=15)
"""So long after their time somebody is not late yet."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Somebody was seen going out or coming back."""

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
    :param without_leave: passages out that no outing covers; until they are back it is one.
    """

    courses: Sequence[Course]
    without_leave: Sequence[Passage]


def late_from(outing: Outing) -> datetime:
    return outing.ends + GRACE


def judge(outings: Sequence[Outing], passages: Iterable[Passage], now: datetime) -> Judged:
    """
    :param outings: those that were granted, in their order; none overlaps another.
    """
    of_outing: list[list[Passage]] = [[] for _ in outings]
    without: list[Passage] = []
    is_without = False
    for one in sorted(set(passages), key=lambda one: one.order):
        number = _outing_of(outings, one)
        if number is not None:
            of_outing[number].append(one)
            is_without = False
        elif one.direction == BACK:
            is_without = False
        elif not is_without:
            without.append(one)
            is_without = True
    courses = [_course(outing, of_it, now) for outing, of_it in zip(outings, of_outing, strict=True)]
    return Judged(courses, without)


def _outing_of(outings: Sequence[Outing], passage: Passage) -> int | None:
    """The last one that had begun; who goes out after its end has none."""
    begun = [n for n, one in enumerate(outings) if one.begins - EARLY <= passage.at]
    if not begun or (passage.direction == OUT and passage.at > outings[begun[-1]].ends):
        return None
    return begun[-1]


def _course(outing: Outing, passages: Sequence[Passage], now: datetime) -> Course:
    """:param passages: in the order in which they happened."""
    left = next((one.at for one in passages if one.direction == OUT), None)
    last = passages[-1] if passages else None
    is_out = last is not None and last.direction == OUT
    limit, late, inside = late_from(outing), is_out and now > late_from(outing), False
    for one in passages:
        # Who is seen coming back after the time was out, whether or not somebody saw them leave; who was seen
        # back before is only seen once more.
        late = late or (one.direction == BACK and one.at > limit and not inside)
        inside = one.direction == BACK
    return Course(left, None if is_out or last is None else last.at, late)

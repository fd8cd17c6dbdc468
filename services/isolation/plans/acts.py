"""What people said of a task, and what follows: whether it is settled, and when it climbs next.

Acts come in any order and twice: by the broker, from a phone that had no network, from two people at one
door. So a task keeps what was said, and where it stands is worked out from all of it in the order in which it
happened. Each act holds the ladder only to a term; only done, waived and cancelled are silent for good.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from field.days import local_day
from field.ladder import Ladder
from field.words import RUNGS
from services.isolation.plans import states

TAKEN: Final = "taken"
"""Somebody does it: whoever is informed next waits one interval of the ladder more."""
DONE: Final = "done"
NOT_POSSIBLE: Final = "not_possible"
"""It waits for an officer to decide; past the term it climbs."""
ATTEMPT: Final = "attempt"
"""Nobody answered; it is tried again. What is urgent does not wait for that."""
WAIVED: Final = "waived"
ACKNOWLEDGED: Final = "acknowledged"
"""An officer knows that it is overdue, and by when it will be done."""
TAKEN_BACK: Final = "taken_back"
"""Whoever said something of it takes that back: it is as if it had not been said."""

TAKE_BACK_WITHIN: Final = timedelta(minutes=2)
"""So long an acknowledgement can be taken back; a second one informs the next level only after that."""

UNREACHABLE_AFTER: Final = 3
"""Attempts, on two days at least: then it goes to the street, and no further attempt holds it."""
MOST: Final = 100
"""So many acts are kept with a task; more are refused, but for what settles it, and for what takes one of
them back. Of twice as many only that.
"""
SETTLING: Final = (DONE, WAIVED)


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that somebody said of a task.

    :param at: when it happened.
    :param id: of the command's event; with `by` it is known by this.
    :param by: the source of who said it.
    :param until: of an act that holds the ladder: to when at most.
    :param level: of an acknowledgement: the level that gave it.
    :param because: why it was not possible, or the cause of what is overdue.
    :param how: how it was done.
    :param of: of an act that takes another of the same author back: the id of that one.
    """

    what: str
    at: datetime
    id: str
    by: str
    staff_id: str | None = None
    until: datetime | None = None
    level: str | None = None
    because: str | None = None
    how: str | None = None
    of: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        return (self.by, self.id)


@dataclass(frozen=True, slots=True)
class Acts:
    """All that was said of a task, and where it stood without that.

    :param missed: whether a step of the ladder was informed since it was last planned.
    :param next_step_at: when the next step would be informed if nobody had said anything; None: taken back.
    """

    missed: bool
    next_step_at: datetime | None
    said: tuple[Act, ...] = ()

    @property
    def counted(self) -> tuple[Act, ...]:
        """What was said, without what was taken back."""
        back = {(act.by, act.of) for act in self.said if act.what == TAKEN_BACK}
        if not back:
            return self.said
        return tuple(act for act in self.said if act.what != TAKEN_BACK and act.key not in back)

    @property
    def seen_at(self) -> datetime | None:
        """When somebody first took the task, or had done it; None: nobody did."""
        return min((act.at for act in self.counted if act.what in (TAKEN, DONE)), default=None)

    def knows(self, act: Act) -> bool:
        return self.has(*act.key)

    def has(self, by: str, id: str) -> bool:
        return any(known.key == (by, id) for known in self.said)

    def last(self, *what: str) -> Act | None:
        """The last act of these kinds that counts, in the order in which they happened."""
        return next((act for act in reversed(self.counted) if act.what in what), None)

    def how_often(self, what: str) -> int:
        """How often it was said, with what was taken back since."""
        return sum(act.what == what for act in self.said)

    def and_(self, act: Act) -> Acts:
        if self.knows(act):
            return self
        said = sorted((*self.said, act), key=lambda one: (one.at, one.key))
        return Acts(self.missed, self.next_step_at, tuple(said))


@dataclass(frozen=True, slots=True)
class Course:
    """What follows from the acts: the state, and the step that is informed next with its moment.

    :param step: from 1; None with `at` when the task is settled.
    """

    state: str
    step: int | None
    at: datetime | None


def course(acts: Acts, steps_informed: int, ladder: Ladder, zone: ZoneInfo) -> Course:
    """Where a task stands that is not taken back.

    Done counts whenever it was said, also of a task that was waived, until it is taken back. An attempt holds
    the ladder until the next try, until there were three on two days; an urgent ladder it does not hold at
    all. Somebody who takes it holds it once. What was not possible is decided by an officer before its term
    ends, or it climbs past the worker. An acknowledgement holds it, unless a higher level was informed; a
    second one with nothing done in between climbs to the next level, once it can be taken back no more.
    """
    if acts.last(DONE):
        return Course(states.DONE, None, None)
    if acts.last(WAIVED):
        return Course(states.WAIVED, None, None)
    if acts.next_step_at is None:
        raise ValueError("a task that is live has a next step")
    way = _Way(steps_informed, acts.next_step_at)
    live = states.MISSED if acts.missed else states.DUE
    state = live
    acknowledged, taken, left_to_officer = False, False, False
    for act in acts.counted:
        if act.what == ACKNOWLEDGED:
            if not reaches(act.level, steps_informed, ladder):
                continue
            if acknowledged:
                way.climb(ladder.step_above(act.level or RUNGS[0]), act.at + TAKE_BACK_WITHIN)
            else:
                way.hold(act.until)
            acknowledged = True
            continue
        acknowledged = False
        if act.what == NOT_POSSIBLE:
            state = states.NOT_POSSIBLE
            if not left_to_officer:
                way.climb(ladder.step_above(RUNGS[0]), act.until or act.at)
            left_to_officer = True
            continue
        state = live
        if act.what == ATTEMPT:
            if _unreachable(acts.counted, act, zone):
                way.climb(ladder.step_above("community"), act.at)
            elif not ladder.urgent:
                way.hold(act.until)
        elif not taken:
            way.hold(act.until)
            taken = True
    return Course(state, way.step, way.at)


def reaches(level: str | None, steps_informed: int, ladder: Ladder) -> bool:
    """Whether no level above this one was informed."""
    if not steps_informed:
        return True
    return RUNGS.index(level or RUNGS[0]) >= RUNGS.index(ladder.at(steps_informed).level)


def _unreachable(said: Iterable[Act], this: Act, zone: ZoneInfo) -> bool:
    so_far = [act for act in said if act.what == ATTEMPT and (act.at, act.key) <= (this.at, this.key)]
    return len(so_far) >= UNREACHABLE_AFTER and len({local_day(act.at, zone) for act in so_far}) > 1


class _Way:
    """The way up the ladder from here: which step is next, and when."""

    def __init__(self, steps_informed: int, at: datetime) -> None:
        self._informed = steps_informed
        self.step = steps_informed + 1
        self.at = at

    def hold(self, until: datetime | None) -> None:
        if until is not None:
            self.at = max(self.at, until)

    def climb(self, step: int, at: datetime) -> None:
        """To this step at that moment; where it was informed already, the way goes on as it was."""
        if step > self._informed:
            self.step, self.at = max(self.step, step), at

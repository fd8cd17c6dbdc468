"""Who belongs to a round of tests, where each of them stands in it, and when it may be closed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from contracts.faults import Fault
from field.scope import Scope

LEVELS: Final = ("street", "community", "grid")
"""Of the places for which a round is opened: those that a case names."""
LONGEST: Final = timedelta(days=7)
LOOKED_BACK: Final = timedelta(days=1)
"""Samples may be taken already when a round is opened."""
ANSWERED_WITHIN: Final = timedelta(hours=24)
"""After its end: by then an officer has found out what became of whoever is still missing."""

MISSING, TESTED, EXCUSED = "missing", "tested", "excused"
TAKEN_BACK: Final = "taken_back"
COMES_AGAIN: Final = ("nobody_there", "cannot_come_out")
"""Whoever knocks comes again, or a visit is made: they stay on the list of the missing."""
SETTLES: Final = ("refused", "moved_away", "exempt", "listed_twice")
"""Nobody comes again."""
NEEDS_NOTE: Final = ("exempt",)
LISTED_TWICE: Final = "listed_twice"
MOVED_AWAY: Final = "moved_away"
INVALID: Final = "invalid"
"""A result that says nothing: the sample is taken again."""

_CHILD_BELOW: Final = 14
_OLD_FROM: Final = 65


class Term(NamedTuple):
    """From when to when somebody is to be tested (UTC). After its end whoever is missing is still looked for:
    what is done until it is closed counts.

    :param closed_at: None: it is open.
    """

    begins_at: datetime
    ends_at: datetime
    closed_at: datetime | None = None

    def has(self, moment: datetime) -> bool:
        return self.begins_at <= moment and (self.closed_at is None or moment <= self.closed_at)


class Said(NamedTuple):
    """What somebody said of a person: the later one counts, in whatever order they come.

    :param id: tells two of one moment apart.
    """

    at: datetime
    id: str
    outcome: str


class Found(NamedTuple):
    """A result that no later one of the laboratory corrects."""

    sampled_at: datetime
    reported_at: datetime
    result: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a person in a round.

    :param samples: when samples were taken, as their tasks say.
    :param left: why they are at the place no more: a state of a case, `moved_away` or `listed_twice`; None:
        they are there, as whoever is released at home is.
    """

    said: Sequence[Said] = ()
    found: Sequence[Found] = ()
    samples: Sequence[datetime] = ()
    left: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """
    :param why: the reason; None: nobody knows one, or they are tested.
    :param tested_at: when a sample was taken that counts.
    """

    state: str
    why: str | None = None
    tested_at: datetime | None = None


def standing(facts: Facts, term: Term) -> Standing:
    """The same whatever came first. A result counts before a reason, and a reason before nothing.

    Of an invalid result a new sample is to be taken: ticks of before it was reported count no more.
    """
    in_term = [one for one in facts.found if term.has(one.sampled_at)]
    sampled = [one.sampled_at for one in in_term if one.result != INVALID]
    void = max((one.reported_at for one in in_term if one.result == INVALID), default=None)
    said = last_said(facts.said)
    ticked = [said.at] if said and said.outcome == TESTED else []
    sampled += [at for at in (*facts.samples, *ticked) if term.has(at) and (void is None or at > void)]
    if sampled:
        return Standing(TESTED, tested_at=max(sampled))
    why = said.outcome if said and said.outcome != TESTED else None
    if why in SETTLES:
        return Standing(EXCUSED, why)
    if facts.left is not None:
        return Standing(EXCUSED, facts.left)
    return Standing(MISSING, why)


def last_said(said: Sequence[Said]) -> Said | None:
    """None where nobody said anything, or took it back."""
    last = max(said, default=None)
    return None if last is None or last.outcome == TAKEN_BACK else last


def reaches(scope: Scope, street: str | None, community: str | None, grid: str | None) -> bool:
    """Whether somebody knocks at their door. Of whom no grid is known, those of all grids of the community
    do."""
    if scope.covers(grid, community, street):
        return True
    beside = (lies.community for lies in scope.lies.values())
    return grid is None and community is not None and community in beside


def visited_as(born: date | None, marks: Sequence[str], today: date) -> str | None:
    """Why whoever takes samples comes to them, a word of VISITS; None: they come themselves."""
    if "cannot_walk" in marks:
        return "cannot_walk"
    if born is None:
        return None
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    if years < _CHILD_BELOW:
        return "child"
    return "old" if years >= _OLD_FROM else None


def faults_of_term(begins_at: datetime, ends_at: datetime, now: datetime) -> list[Fault]:
    """What is wrong with the term of a round that is opened now."""
    if ends_at <= begins_at:
        return [Fault("ends_at", "before", "must be later than the beginning")]
    if ends_at <= now:
        return [Fault("ends_at", "in_the_past", "must be still to come")]
    if ends_at - begins_at > LONGEST:
        return [Fault("ends_at", "round_too_long", f"a round takes {LONGEST.days} days at most")]
    if begins_at < now - LOOKED_BACK:
        return [Fault("begins_at", "begun_too_long_ago", "must be a day ago at most")]
    return []


def faults_at_its_end(missing: int, because: str | None, ends_at: datetime, now: datetime) -> list[Fault]:
    """Why a round cannot be closed.

    :param missing: people who are neither tested nor excused.
    """
    if because or (not missing and now >= ends_at):
        return []
    if not missing:
        return [Fault("because", "round_not_over", "its term is not over: say why it ends before")]
    return [
        Fault("because", "some_missing", f"{missing} people are missing: say why it is closed without them")
    ]

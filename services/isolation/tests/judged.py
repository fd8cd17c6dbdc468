"""What all results of one person say together, in whatever order they came. Pure.

Nobody is positive before a laboratory has confirmed it in a sample of theirs alone. A tube in which the
samples of several people were tested together, and a first finding, ask for a second sample of each of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Final

POSITIVE: Final = "positive"
NEGATIVE: Final = "negative"
_CONFIRMED: Final = "confirmed"
_RULED_OUT: Final = "ruled_out"
SETTLING: Final = (POSITIVE, NEGATIVE)
"""Of inconclusive and invalid ones the sample is to be taken again: the task stays."""


@dataclass(frozen=True, slots=True)
class Result:
    """Of a test of one person.

    :param taken_on: local day of sampling.
    :param supersedes: id of the result that it corrects.
    :param pool_size: people whose samples were in the tube.
    :param batch_id: of the laboratory's run; None: it is of none.
    :param corrected: a correction is known of it, be it of this person or not.
    :param treated: it is of a sample from before they came back from hospital.
    """

    result_id: str
    sampled_at: datetime
    taken_on: date
    result: str
    stage: str
    supersedes: str | None = None
    pool_size: int = 1
    batch_id: str | None = None
    corrected: bool = False
    treated: bool = False

    @property
    def of_one(self) -> bool:
        """Whether it is of this person and nobody else."""
        return self.pool_size == 1


@dataclass(frozen=True, slots=True)
class Judged:
    """
    :param positive: the first confirmed finding in a sample of theirs alone that stands.
    :param doubt: the last finding of a pooled tube, or first finding, that nothing has answered yet.
    """

    positive: Result | None
    doubt: Result | None


def judge(results: Iterable[Result]) -> Judged:
    """What stands, whatever the order in which the results came."""
    known = standing(results)
    positives = confirmed(known)
    doubts = [one for one in _positives(known) if not (one.of_one and one.stage == _CONFIRMED)]
    open_doubts = [one for one in doubts if not _is_answered(one, known)]
    first = next(iter(positives), None)
    return Judged(first, max(open_doubts, key=_order, default=None) if first is None else None)


def confirmed(results: Iterable[Result]) -> list[Result]:
    """Positive ones of a sample of theirs alone that stand, the first one first."""
    positives = _positives(standing(results))
    return sorted((one for one in positives if one.of_one and one.stage == _CONFIRMED), key=_order)


def confirmed_of_stays(results: Iterable[Result], came_home: Iterable[datetime]) -> list[Result]:
    """Likewise, but a sample that rules out says nothing of what was found before they last came home.

    :param came_home: when they came home from hospital, each time.
    """
    known = standing(results)
    ends = [datetime.min.replace(tzinfo=UTC), *sorted(came_home), datetime.max.replace(tzinfo=UTC)]
    stays = ([one for one in known if since < one.sampled_at <= until] for since, until in pairwise(ends))
    return [one for of_stay in stays for one in confirmed(of_stay)]


def made_up(tests: Iterable[date], sampled: Collection[date]) -> list[date]:
    """Which of these tests, by their days, have a sample: one that is missing is made up by a later one, and
    each day of sampling counts once.
    """
    left, found = sorted(set(sampled)), []
    for day in sorted(tests, reverse=True):
        # The latest day first takes the latest sample, so that earlier ones are left for earlier days.
        if left and left[-1] >= day:
            left.pop()
            found.append(day)
    return found


def is_positive(results: Iterable[Result]) -> bool:
    """Whether a positive result of theirs alone stands: neither corrected nor ruled out by a later sample."""
    return any(one.of_one for one in _positives(standing(results)))


def awaits_second_sample(results: Sequence[Result]) -> bool:
    """Whether a pooled tube was positive, and nobody knows yet whose sample it was."""
    known = standing(results)
    return any(not one.of_one and not _is_answered(one, known) for one in _positives(known))


def standing(results: Iterable[Result]) -> list[Result]:
    """Without those that the laboratory corrected."""
    known = list(results)
    corrected = {one.supersedes for one in known if one.supersedes}
    return [one for one in known if one.result_id not in corrected and not one.corrected]


def _positives(known: Iterable[Result]) -> list[Result]:
    """Positive ones that no later sample of this person ruled out."""
    ruled_out = [
        one.sampled_at for one in known if (one.result, one.stage) == (NEGATIVE, _RULED_OUT) and one.of_one
    ]
    last = max(ruled_out, default=None)
    return [one for one in known if one.result == POSITIVE and not (last and last >= one.sampled_at)]


def _is_answered(doubt: Result, known: Iterable[Result]) -> bool:
    """By a sample of theirs alone, taken then or later; a first finding only by one that confirms it."""
    answers = [
        one
        for one in known
        if one.of_one and one.result in SETTLING and one.sampled_at >= doubt.sampled_at and one != doubt
    ]
    if doubt.of_one:
        return any((one.result, one.stage) == (POSITIVE, _CONFIRMED) for one in answers)
    return bool(answers)


def _order(one: Result) -> tuple[datetime, str]:
    return (one.sampled_at, one.result_id)

"""What holds somebody at the end of their measure: the days, and health; never an undone task of the staff.

A policy names the conditions of each level (`release`). The ninth edition (2022-06-27) and the twenty
measures (2022-11-11) ask for the days and for tests, and who has a fever or a symptom is looked at first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from services.isolation.tests.judged import Result, awaits_second_sample, is_positive, made_up, standing

FEVER_HOLDS: Final = timedelta(days=1)
"""So long after an abnormal check-in nobody is released, whatever was measured since."""
FEVER_REMEMBERED: Final = timedelta(days=3)
"""So long an abnormal check-in holds where no other one came after it; longer where nobody looked at them."""

HEALTH_AND_WILL: Final = frozenset({"test_positive", "second_sample", "fever", "refusal"})
"""What was said of somebody and holds them; the rest is what is not there yet."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A check-in with the values that count."""

    at: datetime
    abnormal: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of somebody at a moment.

    :param release_on: the day on which the days are full.
    :param refuses: they refuse what the measure asks, and no officer has settled it.
    :param unseen: something abnormal was reported, and nobody has looked at them since.
    :param tests: local days of the tests that the plan asks for and nobody waived.
    """

    now: datetime
    today: date
    release_on: date
    refuses: bool
    unseen: bool = False
    tests: Sequence[date] = ()
    results: Sequence[Result] = ()
    check_ins: Sequence[Measured] = ()


def lacks(conditions: Collection[str], facts: Facts) -> tuple[str, ...]:
    """What holds somebody still, as words of RELEASE_LACKS; empty: they can be released.

    :param conditions: of the policy's level. The days count always, and so does a refusal.
    """
    found = []
    if facts.today < facts.release_on:
        found.append("days")
    if is_positive(facts.results):
        found.append("test_positive")
    if awaits_second_sample(facts.results):
        found.append("second_sample")
    if "tests_negative" in conditions and missing_tests(facts.tests, facts.results):
        found.append("test_result")
    if "no_fever" in conditions and has_fever(facts.check_ins, facts.now, unseen=facts.unseen):
        found.append("fever")
    if facts.refuses:
        found.append("refusal")
    return tuple(found)


def missing_tests(days: Sequence[date], results: Sequence[Result]) -> int:
    """How many of the tests have no negative result, nor a later one that makes up for it."""
    negative = {one.taken_on for one in standing(results) if one.result == "negative"}
    return len(days) - len(made_up(days, negative))


def has_fever(check_ins: Iterable[Measured], now: datetime, *, unseen: bool = False) -> bool:
    """Whether an abnormal check-in holds still; who did not report at all is not held by that.

    :param unseen: nobody has looked at them since the last abnormal one.
    """
    recent = sorted((one for one in check_ins if one.at > now - FEVER_REMEMBERED), key=lambda one: one.at)
    if not recent:
        return unseen
    return recent[-1].abnormal or any(one.abnormal and one.at > now - FEVER_HOLDS for one in recent)

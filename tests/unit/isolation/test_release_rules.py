"""What holds somebody at the end of their measure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from field.words import RELEASE_LACKS
from services.isolation.release.rules import Facts, Measured, has_fever, lacks, missing_tests
from services.isolation.tests.judged import Result, is_positive

NOW = datetime(2022, 10, 8, 4, tzinfo=UTC)
TODAY = NOW.date()
ALL = ("days_full", "tests_negative", "no_fever", "nothing_open")


def result(id: str, day: int, found: str = "negative", stage: str = "confirmed", **more: Any) -> Result:
    taken = date(2022, 10, day)
    return Result(id, datetime(2022, 10, day, 2, tzinfo=UTC), taken, found, stage, **more)


def facts(**more: Any) -> Facts:
    return Facts(**{"now": NOW, "today": TODAY, "release_on": TODAY, "refuses": False, **more})


def test_nobody_is_held_once_the_days_are_full_and_health_says_nothing() -> None:
    assert lacks(ALL, facts()) == ()
    assert lacks(ALL, facts(release_on=TODAY + timedelta(days=1))) == ("days",)


def test_all_that_holds_is_named() -> None:
    found = facts(
        release_on=date(2022, 10, 9),
        tests=[date(2022, 10, 1)],
        results=[result("a", 6, "positive"), result("b", 7, "positive", pool_size=10)],
        check_ins=[Measured(NOW, True)],
        refuses=True,
    )
    assert lacks(ALL, found) == RELEASE_LACKS


def test_a_condition_that_the_policy_does_not_name_holds_nobody() -> None:
    held = facts(tests=[TODAY], check_ins=[Measured(NOW, True)])
    assert lacks(("days_full",), held) == ()


@pytest.mark.parametrize(
    ("results", "positive"),
    [
        ([result("a", 5, "positive", "preliminary")], True),
        ([result("a", 5, "positive"), result("b", 6)], True),  # one negative does not undo it
        ([result("a", 5, "positive"), result("b", 5, supersedes="a")], False),
        ([result("a", 5, "positive"), result("b", 6, stage="ruled_out")], False),
        ([result("a", 5, stage="ruled_out"), result("b", 6, "positive")], True),
        ([result("a", 5, "inconclusive"), result("b", 6, "invalid")], False),
    ],
)
def test_a_positive_result_holds_until_it_is_corrected_or_ruled_out(
    results: list[Result], positive: bool
) -> None:
    assert is_positive(results) == is_positive(results[::-1]) == positive


@pytest.mark.parametrize(
    ("planned", "taken", "missing"),
    [
        ((1, 4, 7), (1, 4, 7), 0),
        ((1, 4, 7), (1, 4), 1),
        ((1, 4, 7), (1, 7, 8), 0),  # the fourth day's is made up
        ((1, 4, 7), (7,), 2),
        ((1, 4, 7), (1, 2, 3), 2),  # tests of before count for no later day
        ((), (), 0),
    ],
)
def test_a_missing_test_is_made_up_by_a_later_one(
    planned: tuple[int, ...], taken: tuple[int, ...], missing: int
) -> None:
    days = [date(2022, 10, day) for day in planned]
    assert missing_tests(days, [result(str(day), day) for day in taken]) == missing


_DAYS = st.lists(st.integers(1, 20), max_size=8, unique=True)


@given(planned=_DAYS, taken=_DAYS)
def test_no_other_way_to_match_tests_with_results_leaves_fewer_missing(
    planned: list[int], taken: list[int]
) -> None:
    """Held against the largest matching, found by trying all (augmenting paths)."""
    owner: dict[int, int] = {}

    def place(day: int, seen: set[int]) -> bool:
        for sample in taken:
            if sample >= day and sample not in seen:
                seen.add(sample)
                if sample not in owner or place(owner[sample], seen):
                    owner[sample] = day
                    return True
        return False

    matched = sum(place(day, set()) for day in planned)
    days = [date(2022, 10, day) for day in planned]
    assert missing_tests(days, [result(str(day), day) for day in taken]) == len(planned) - matched


@pytest.mark.parametrize(
    ("check_ins", "fever"),
    [
        ([], False),
        ([(2, True)], True),
        ([(30, True)], True),  # and nothing since
        ([(30, True), (5, False)], False),
        ([(20, True), (5, False)], True),  # a day has not passed
        ([(80, True)], False),
        ([(30, False), (5, False)], False),
    ],
)
def test_a_fever_holds_for_a_day_and_until_somebody_is_well_again(
    check_ins: list[tuple[int, bool]], fever: bool
) -> None:
    measured = [Measured(NOW - timedelta(hours=hours), abnormal) for hours, abnormal in check_ins]
    assert has_fever(measured, NOW) == has_fever(measured[::-1], NOW) == fever


@pytest.mark.parametrize(
    ("check_ins", "fever"),
    [
        ([], True),  # whatever was abnormal is longer ago than anybody remembers
        ([(30, True), (5, False)], False),  # measured well since: no undone task of the staff holds anybody
        ([(30, True)], True),
    ],
)
def test_a_fever_at_which_nobody_looked_holds_until_somebody_does(
    check_ins: list[tuple[int, bool]], fever: bool
) -> None:
    measured = [Measured(NOW - timedelta(hours=hours), abnormal) for hours, abnormal in check_ins]
    assert has_fever(measured, NOW, unseen=True) == fever

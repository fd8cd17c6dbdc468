"""A publisher's rate and its size a day: warned, slowed, and let go on."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chassis.messaging.quotas import GARBAGE_KEPT, ONE_IN, Quota, Quotas

CHINA = ZoneInfo("Asia/Shanghai")
MIB = 1024 * 1024


class Time:
    def __init__(self) -> None:
        self.passed = 0.0

    def monotonic(self) -> float:
        return self.passed

    def now(self) -> datetime:
        return datetime(2022, 10, 1, 12, tzinfo=CHINA) + timedelta(seconds=self.passed)


@pytest.fixture
def time() -> Time:
    return Time()


def quotas(time: Time, **quota: int) -> Quotas:
    return Quotas(Quota(**quota), CHINA, time.now, time.monotonic)


def told(quotas: Quotas) -> list[tuple[str, str, str]]:
    found = [(one.publisher, one.what, one.standing) for one in quotas.notices]
    quotas.notices.clear()
    return found


def test_a_burst_is_taken_then_the_rate_counts_and_both_are_said(time: Time) -> None:
    ours = quotas(time, a_second=10)
    ours.took("rail", 150, 0)
    assert not told(ours) and not ours.rests("rail")
    ours.took("rail", 100, 0)
    assert told(ours) == [("rail", "rate", "near")] and not ours.rests("rail")
    ours.took("rail", 100, 0)
    assert told(ours) == [("rail", "rate", "reached")] and ours.rests("rail")
    assert not ours.rests("air")
    time.passed += 4.9
    assert ours.rests("rail")
    time.passed += 0.2
    assert not ours.rests("rail")
    ours.took("rail", 50, 0)
    assert not told(ours), "it knows; an hour later it is told again"
    time.passed += 3600
    ours.took("rail", 350, 0)
    assert told(ours) == [("rail", "rate", "reached")]


def test_over_an_hour_no_more_is_taken_than_the_rate_allows(time: Time) -> None:
    ours, taken = quotas(time, a_second=10), 0
    while time.passed < 600:
        if ours.rests("rail"):
            time.passed += 0.1
        else:
            ours.took("rail", 50, 0)
            taken += 50
    assert 600 * 10 <= taken <= 600 * 10 + 300 + 50


def test_a_days_size_is_said_before_and_when_it_is_reached_and_ends_with_the_day(time: Time) -> None:
    ours = quotas(time, a_day=10)
    ours.took("rail", 1, 7 * MIB)
    assert not told(ours)
    ours.took("rail", 1, 2 * MIB)
    ours.took("rail", 1, 0)
    assert told(ours) == [("rail", "size_a_day", "near")] and not ours.rests("rail")
    ours.took("rail", 1, MIB)
    assert told(ours) == [("rail", "size_a_day", "reached")]
    assert ours.rests("rail") and ours.is_over_for_today("rail") and not ours.rests("air")
    time.passed += 12 * 3600 - 1
    assert ours.rests("rail")
    time.passed += 1
    assert not ours.rests("rail") and not ours.is_over_for_today("rail")
    ours.took("rail", 1, 10 * MIB)
    assert told(ours) == [("rail", "size_a_day", "reached")]


def test_without_limits_nobody_rests(time: Time) -> None:
    ours = quotas(time)
    ours.took("rail", 10**9, 10**15)
    assert not ours.rests("rail") and not ours.notices


def test_of_a_days_garbage_some_is_kept_then_one_in_a_hundred(time: Time) -> None:
    ours = quotas(time)
    kept = sum(ours.keeps_garbage("rail") for _ in range(GARBAGE_KEPT + 10 * ONE_IN))
    assert kept == GARBAGE_KEPT + 10
    assert ours.keeps_garbage("air")
    time.passed += 12 * 3600
    assert ours.keeps_garbage("rail")

"""How long whoever guesses must wait, and how long whoever mistyped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.console.accounts.lock_out import FORGOTTEN_AFTER, FREE, LONGEST_WAIT, Tries, counted, open_at

BEGAN = datetime(2026, 11, 28, 9, tzinfo=UTC)
GAPS = st.lists(
    st.one_of(st.integers(0, 120), st.integers(0, 7200), st.integers(0, 200_000)).map(
        lambda s: timedelta(seconds=s)
    ),
    max_size=300,
)


def judged(gaps: list[timedelta]) -> list[datetime]:
    """When wrong tries were judged that came after each other with these gaps."""
    tries, now, moments = None, BEGAN, []
    for gap in gaps:
        now += gap
        after = counted(tries, now)
        if after is not None:
            tries = after
            moments.append(now)
    return moments


@given(GAPS)
def test_in_no_day_more_than_some_thirty_are_judged(gaps: list[timedelta]) -> None:
    moments = judged(gaps)
    for at in moments:
        assert sum(1 for other in moments if at <= other < at + timedelta(hours=24)) <= 36


def test_whoever_never_stops_guessing_has_no_more_either() -> None:
    moments = judged([timedelta(seconds=20)] * 3 * 24 * 180)
    for day in range(3):
        began = BEGAN + timedelta(days=day)
        assert sum(1 for at in moments if began <= at < began + timedelta(days=1)) <= 36


@given(GAPS)
def test_nobody_waits_longer_than_an_hour_after_the_last_wrong_try(gaps: list[timedelta]) -> None:
    tries, now = None, BEGAN
    for gap in gaps:
        now += gap
        tries = counted(tries, now) or tries
        assert tries
        at = open_at(tries)
        assert at is None or tries.last_at < at <= tries.last_at + LONGEST_WAIT
        assert counted(tries, tries.last_at + LONGEST_WAIT) is not None


@given(st.integers(FREE, 10_000))
def test_the_more_were_wrong_the_longer_is_waited(failures: int) -> None:
    fewer, more = open_at(Tries(failures, BEGAN)), open_at(Tries(failures + 1, BEGAN))
    assert fewer and more and fewer <= more


def test_five_may_be_wrong_at_once_and_after_a_day_they_are_forgotten() -> None:
    tries = None
    for n in range(FREE):
        assert open_at(tries) is None
        tries = counted(tries, BEGAN)
        assert tries and tries.failures == n + 1
    assert counted(tries, BEGAN + timedelta(seconds=59)) is None
    assert counted(tries, BEGAN + timedelta(seconds=60)) == Tries(FREE + 1, BEGAN + timedelta(seconds=60))
    assert counted(tries, BEGAN + FORGOTTEN_AFTER) == Tries(1, BEGAN + FORGOTTEN_AFTER)

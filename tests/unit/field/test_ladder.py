"""The ladder that overdue tasks climb."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from field.ladder import Ladder, Rung

HOUR = timedelta(hours=1)
RUNGS = (
    Rung("worker", HOUR, ("grid_worker",)),
    Rung("community", 2 * HOUR, ("community_officer",)),
    Rung("street", 4 * HOUR, ("street_officer",)),
    Rung("district", 8 * HOUR, ("district_officer",)),
)
LADDER = Ladder(RUNGS, repeat_after=24 * HOUR)


def test_the_last_rung_stays_the_last():
    levels = [LADDER.at(step).level for step in (1, 2, 3, 4, 5, 9)]
    assert levels == ["worker", "community", "street", "district", "district", "district"]


def test_each_step_falls_due_by_its_rung_then_at_every_repeat():
    after = [LADDER.after(step) for step in (1, 2, 4, 5, 6)]
    assert after == [HOUR, 2 * HOUR, 8 * HOUR, 32 * HOUR, 56 * HOUR]


def test_where_no_repeat_is_given_the_last_level_is_informed_every_day():
    assert Ladder(RUNGS).after(5) == 32 * HOUR


def test_whoever_is_informed_has_the_interval_to_the_next_rung():
    assert [LADDER.interval(step) for step in (0, 1, 2, 4, 9)] == [HOUR, HOUR, 2 * HOUR, 24 * HOUR, 24 * HOUR]


def test_the_step_above_a_level_is_the_first_that_informs_a_higher_one():
    assert [LADDER.step_above(level) for level in ("worker", "community", "street")] == [2, 3, 4]
    assert LADDER.step_above("district") == 4
    assert Ladder(RUNGS[:2]).step_above("community") == 2


def test_above_a_role_are_the_rungs_that_follow_its_own():
    assert [rung.level for rung in LADDER.above("community_officer")] == ["street", "district"]
    assert [rung.level for rung in LADDER.above("driver")] == ["community", "street", "district"]
    assert LADDER.above("district_officer") == ()


@given(st.integers(1, 200))
def test_steps_fall_due_in_order_and_never_end(step: int):
    assert timedelta() < LADDER.after(step) < LADDER.after(step + 1)

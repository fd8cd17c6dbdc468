"""The night, in which only what is urgent climbs."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from field.ladder import Ladder, Ladders, Rung
from field.night import Night

CHINA = ZoneInfo("Asia/Shanghai")
NIGHT = Night(time(22), time(7), time(8), CHINA)
NOON_BREAK = Night(time(12), time(14), time(14, 30), CHINA)
LADDER = Ladder((Rung("worker", timedelta(0), ()), Rung("community", timedelta(hours=1), ())))
URGENT = Ladder(LADDER.rungs, urgent=True)
LADDERS = Ladders(LADDER, {"fetch": URGENT}, NIGHT)


def china(text: str) -> datetime:
    return datetime.fromisoformat(f"2022-10-{text}").replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("moment", "morning"),
    [
        ("01 21:59", "01 21:59"),
        ("01 22:00", "02 08:00"),
        ("02 00:00", "02 08:00"),
        ("02 06:59", "02 08:00"),
        ("02 07:00", "02 07:00"),
    ],
)
def test_what_falls_into_the_night_waits_for_the_morning(moment: str, morning: str):
    assert NIGHT.over(china(moment)) == china(morning)
    assert NIGHT.holds(china(moment)) == (moment != morning)


def test_a_quiet_time_may_lie_within_a_day():
    assert NOON_BREAK.over(china("01 12:30")) == china("01 14:30")
    assert NOON_BREAK.over(china("01 23:00")) == china("01 23:00")


@given(st.datetimes(datetime(2022, 1, 1), datetime(2022, 12, 31), timezones=st.just(UTC)))
def test_nothing_is_brought_forward_and_nothing_waits_longer_than_a_night(moment: datetime):
    for night in (NIGHT, NOON_BREAK):
        over = night.over(moment)
        assert moment <= over <= moment + timedelta(hours=10)
        assert not night.holds(over)
        assert (over == moment) == (not night.holds(moment))


def test_a_step_that_is_urgent_does_not_wait():
    due_by = china("01 22:30")
    assert LADDERS.falls_due("inform", due_by, 1) == china("02 08:00")
    assert LADDERS.falls_due("fetch", due_by, 1) == due_by
    assert LADDERS.falls_due("fetch", due_by, 2) == china("01 23:30")


def test_a_new_term_is_told_no_later_for_the_many_steps_that_an_earlier_one_had():
    due_by = china("01 09:00")
    assert LADDERS.falls_due("inform", due_by, 30) == LADDERS.falls_due("inform", due_by, 2)


def test_a_policy_may_do_without_a_night():
    assert Ladders(LADDER, {}, None).falls_due("inform", china("01 23:00"), 1) == china("01 23:00")

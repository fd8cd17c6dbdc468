"""When somebody rings again where nobody opened."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from field.visiting import FIRST_TRY, LAST_TRY, next_try

CHINA = ZoneInfo("Asia/Shanghai")
MOMENTS = st.datetimes(datetime(2022, 1, 1), datetime(2022, 12, 31), timezones=st.just(CHINA))
TERMS = st.integers(-3 * 1440, 3 * 1440).map(lambda minutes: timedelta(minutes=minutes))


def china(text: str) -> datetime:
    return datetime.fromisoformat(f"2022-10-{text}").replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("now", "term", "again"),
    [
        ("01 08:20", "03 00:00", "10-01 11:00"),
        ("01 17:59", "03 00:00", "10-01 20:00"),
        ("01 18:10", "03 00:00", "10-01 20:00"),
        ("01 19:50", "03 00:00", "10-02 08:00"),
        ("01 23:30", "03 00:00", "10-02 08:00"),
        ("02 02:00", "03 00:00", "10-02 08:00"),
        ("01 08:20", "01 09:00", "10-01 08:45"),
        ("01 09:14", "01 11:00", "10-01 10:45"),
        ("01 09:14", "01 10:00", "10-01 09:45"),
        ("01 10:50", "01 11:00", None),
        ("01 19:50", "02 08:00", None),
        ("01 19:50", "02 10:00", "10-02 08:00"),
        ("01 19:50", "02 08:10", None),
        ("01 12:30", "01 11:00", "10-01 15:00"),
        ("01 21:00", "01 11:00", "10-02 08:00"),
    ],
)
def test_it_is_rung_again_before_the_term_and_not_in_the_night(
    now: str, term: str, again: str | None
) -> None:
    at = next_try(china(now), china(term))
    assert (at and f"{at:%m-%d %H:%M}") == again


@given(MOMENTS, TERMS)
def test_no_try_is_proposed_past_the_term_or_outside_visiting_hours(now: datetime, left: timedelta) -> None:
    at = next_try(now, now + left)
    if at is not None:
        assert now < at <= now + timedelta(days=1)
        assert left <= timedelta(0) or at < now + left
        assert FIRST_TRY <= at.time() <= LAST_TRY


@given(MOMENTS, TERMS)
def test_a_try_is_missing_only_where_none_fits_before_the_term(now: datetime, left: timedelta) -> None:
    if next_try(now, now + left) is None:
        fitting = (now + timedelta(minutes=minutes) for minutes in range(30, 24 * 60, 5))
        assert not any(
            FIRST_TRY <= at.time() <= LAST_TRY and at + timedelta(minutes=15) <= now + left for at in fitting
        )

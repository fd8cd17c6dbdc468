"""The time of the field: one file moves it for every process, and it goes on running."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from chassis.clock import Clock
from chassis.errors import is_world_away

THEN = datetime(2022, 10, 1, 0, 30, tzinfo=UTC)


def close_to(found: datetime, wanted: datetime) -> bool:
    return abs(found - wanted) < timedelta(seconds=60)


def test_without_a_file_it_is_real_time() -> None:
    assert close_to(Clock().now(), datetime.now(UTC)) and Clock().now().tzinfo is UTC


def test_one_clock_that_is_set_moves_all_that_share_the_file(tmp_path: Path) -> None:
    file = tmp_path / "var" / "clock"
    mine, theirs = Clock(file), Clock(file)
    assert close_to(theirs.now(), datetime.now(UTC))
    mine.set(THEN)
    assert close_to(mine.now(), THEN) and close_to(theirs.now(), THEN)
    mine.set(THEN + timedelta(days=3))
    assert close_to(theirs.now(), THEN + timedelta(days=3))


def test_a_clock_that_was_set_goes_on_running(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock")
    clock.set(THEN)
    first = clock.now()
    assert clock.now() > first


def test_when_the_file_is_removed_it_is_real_time_again(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock")
    clock.set(THEN)
    assert close_to(clock.now(), THEN)
    (tmp_path / "clock").unlink()
    assert close_to(clock.now(), datetime.now(UTC))


def test_today_is_the_day_in_the_zone_asked_for(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock")
    clock.set(datetime(2022, 9, 30, 17, 0, tzinfo=UTC))
    assert clock.today(ZoneInfo("Asia/Shanghai")) == date(2022, 10, 1)
    assert clock.today(ZoneInfo("UTC")) == date(2022, 9, 30)


def test_a_clock_without_a_file_cannot_be_set() -> None:
    with pytest.raises(ValueError, match=r"no offset file"):
        Clock().set(THEN)


@pytest.mark.parametrize("content", ["soon", "", "nan", "1e300"])
def test_a_file_with_nonsense_is_waited_for_and_counts_as_nobodys_failure(
    tmp_path: Path, content: str
) -> None:
    """A clock that is wrong must not send the day's work to the dead letters."""
    (tmp_path / "clock").write_text(content)
    with pytest.raises(Exception, match=r"clock.*seconds") as caught:
        Clock(tmp_path / "clock").now()
    assert is_world_away(caught.value)

"""How `replay --since` reads a time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import typer

from cli.options import moment

NOW = datetime(2022, 10, 2, 12, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("90s", timedelta(seconds=90)),
        ("30min", timedelta(minutes=30)),
        ("2 h", timedelta(hours=2)),
        ("3d ago", timedelta(days=3)),
    ],
)
def test_a_while_ago(text: str, ago: timedelta):
    assert moment(text, NOW, SHANGHAI) == NOW - ago


def test_a_time_without_a_zone_is_the_districts():
    assert moment("2022-10-01T08:00", NOW, SHANGHAI) == datetime(2022, 10, 1, 0, tzinfo=UTC)
    assert moment("2022-10-01T08:00Z", NOW, SHANGHAI) == datetime(2022, 10, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize("text", ["yesterday", "2 weeks", "", "9999999d", "99999999999d", "0001-01-01T00:00"])
def test_anything_else_is_refused_with_what_is_understood(text: str):
    with pytest.raises(typer.BadParameter, match="2h, 30min"):
        moment(text, NOW, SHANGHAI)

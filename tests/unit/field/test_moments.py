"""Every form of a moment that RFC 3339 allows."""

from datetime import UTC, datetime, timedelta

import pytest

from field.moments import read_moment

ONE = datetime(2022, 10, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2022-10-01T01:00:00Z", ONE),
        ("2022-10-01t01:00:00z", ONE),
        ("2022-10-01T09:00:00+08:00", ONE),
        ("2022-10-01 09:00:00+0800", ONE),
        ("2022-10-01T08:59:60+08:00", ONE),
        ("2022-10-01t00:59:60z", ONE),
        ("2022-10-01T00:59:60.5Z", ONE + timedelta(seconds=0.5)),
        ("2022-10-01T01:00:00.123456789Z", ONE + timedelta(microseconds=123456)),
    ],
)
def test_each_form_is_read(text: str, moment: datetime) -> None:
    assert read_moment(text) == moment


@pytest.mark.parametrize(
    "text", ["", "gestern", "2022-10-01T00:60:00Z", "2022-10-01T00:00:61Z", "9999-12-31T23:59:60Z"]
)
def test_what_is_none_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_moment(text)

"""A time has a beginning that belongs to it, and perhaps an end that does not."""

from datetime import UTC, datetime

import pytest

from field.presence import is_within

EIGHT, NINE, TEN = (datetime(2022, 10, 1, hour, tzinfo=UTC) for hour in (8, 9, 10))


@pytest.mark.parametrize(
    ("moment", "begins", "ends", "within"),
    [
        (EIGHT, EIGHT, NINE, True),
        (NINE, EIGHT, NINE, False),
        (TEN, EIGHT, NINE, False),
        (EIGHT, NINE, TEN, False),
        (TEN, EIGHT, None, True),
        (EIGHT, NINE, None, False),
        (NINE, None, None, False),
        (NINE, None, TEN, False),
    ],
)
def test_a_moment_is_within_from_the_beginning_to_before_the_end(
    moment: datetime, begins: datetime | None, ends: datetime | None, within: bool
) -> None:
    assert is_within(moment, begins, ends) is within

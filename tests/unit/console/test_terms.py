"""By when something will be done, and what is typed as a time."""

from __future__ import annotations

from datetime import datetime

import pytest

from services.console.pages.shown.terms import read_time, terms

NOW = datetime.fromisoformat("2022-10-01T09:12:31+08:00")


def test_terms_are_in_the_fields_zone_and_not_too_near() -> None:
    said = {name: at.isoformat() for name, at in terms(NOW).items()}
    assert said == {
        "two_hours": "2022-10-01T11:12:00+08:00",
        "evening": "2022-10-01T18:00:00+08:00",
        "morning": "2022-10-02T08:00:00+08:00",
    }
    assert "evening" not in terms(NOW.replace(hour=17, minute=45))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2022-10-01T18:00", "2022-10-01T18:00:00+08:00"),
        (" 2022-10-01 18:00 ", "2022-10-01T18:00:00+08:00"),
        ("2022-10-01T10:00:00+00:00", "2022-10-01T10:00:00+00:00"),
        ("six", None),
        ("2022-13-01T18:00", None),
        ("", None),
    ],
)
def test_a_time_is_read_as_people_and_browsers_write_it(text: str, read: str | None) -> None:
    at = read_time(text, NOW)
    assert (at and at.isoformat()) == read

"""How a temperature is read that somebody types at a door."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import celsius
from field.words import COLDEST, HOTTEST
from services.console.pages.shown.temperatures import Temperature, read_temperature


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("36.5", Temperature(365, True)),
        (" 36.5 ", Temperature(365, True)),
        ("365", Temperature(365, False)),
        ("37", Temperature(370, False)),
        ("36,5", Temperature(365, False)),
        ("36。5", Temperature(365, False)),
        ("36·5", Temperature(365, False)),
        ("36度5", Temperature(365, False)),
        ("36点5度", Temperature(365, False)),
        ("36.5℃", Temperature(365, False)),
        ("36.5 °C", Temperature(365, False)),
        ("３６．５", Temperature(365, False)),
        ("３６５", Temperature(365, False)),
        ("36.54", Temperature(365, False)),
        ("36.55", Temperature(366, False)),
        ("45", Temperature(450, False)),
        ("300", Temperature(300, False)),
        ("", "missing"),
        ("  ", "missing"),
        ("正常", "no_temperature"),
        ("36.5 36.8", "no_temperature"),
        ("3655", "no_temperature"),
        ("-36.5", "no_temperature"),
        ("1e2", "no_temperature"),
        ("nan", "no_temperature"),
        ("29.9", "out_of_bounds"),
        ("45.1", "out_of_bounds"),
        ("120", "out_of_bounds"),
        ("98.6", "fahrenheit"),
        ("36.5,", "no_temperature"),
    ],
)
def test_what_is_typed_is_read(typed: str, read: object) -> None:
    assert read_temperature(typed) == read


@given(st.integers(COLDEST * 10, HOTTEST * 10))
def test_every_temperature_of_a_body_is_read_as_it_is_shown(tenths: int) -> None:
    shown = str(Temperature(tenths, True))
    assert read_temperature(shown) == Temperature(tenths, True)
    assert read_temperature(str(tenths)) == Temperature(tenths, False)


@given(st.text() | st.from_regex(r"[ ]?\d{1,4}[.,。]?\d{0,3}\w?", fullmatch=True))
def test_what_is_read_is_taken_by_the_contract_and_all_else_has_a_reason(typed: str) -> None:
    read = read_temperature(typed)
    if isinstance(read, Temperature):
        assert celsius().deserialize(read.celsius) == read.celsius
    else:
        assert read in ("missing", "no_temperature", "out_of_bounds", "fahrenheit")

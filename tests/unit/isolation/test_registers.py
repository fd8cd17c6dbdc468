"""Lines of a register: by what they are known, and what is wrong with one."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from field.addresses import read_door
from services.isolation.rounds.registered import address_of, born_of, faults_of_line

TODAY = date(2022, 10, 4)
LINE: dict[str, Any] = dict.fromkeys(
    ("name", "phone", "building", "unit", "floor", "room", "identity_number", "birth_date")
)


@pytest.mark.parametrize(
    ("given", "door"),
    [
        ({"building": "京怡家园4号楼", "unit": "2", "floor": "5", "room": "502"}, ("4", "2", 5, "502")),
        ({"building": "4", "unit": "2单元", "floor": "5层", "room": "502室"}, ("4", "2", 5, "502")),
        ({"building": "4", "room": "1203"}, ("4", "", 12, "1203")),
        ({"building": "甲3号楼"}, ("甲3", "", None, "")),
    ],
)
def test_the_door_is_read_again_as_every_address_is(given: dict[str, str], door: tuple[Any, ...]) -> None:
    read = read_door(address_of({**LINE, **given}))
    assert (read.building, read.unit, read.floor, read.room) == door


def test_the_day_of_birth_is_that_of_the_number() -> None:
    assert born_of({**LINE, "identity_number": "620102 19480101 0121"}) == date(1948, 1, 1)
    assert born_of({**LINE, "birth_date": date(1941, 3, 8)}) == date(1941, 3, 8)
    assert born_of({**LINE, "identity_number": "X0000001"}) is None


def test_what_is_wrong_names_the_line_and_the_column() -> None:
    line = {**LINE, "identity_number": "620102194801010122", "birth_date": date(2041, 1, 1)}
    assert [(fault.where, fault.code) for fault in faults_of_line(line, 7, TODAY)] == [
        ("people[7].building", "no_door"),
        ("people[7].identity_number", "identity_checksum"),
        ("people[7].birth_date", "no_birth_date"),
    ]
    assert faults_of_line({**LINE, "room": "502"}, 0, TODAY) == []

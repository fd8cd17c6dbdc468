"""Each of the wishes of docs/wishes.md is held by a test that names it."""

from __future__ import annotations

import re

import pytest

from tests.system import ROOT

WISHES = dict(re.findall(r"^\| (\d+) \| (.+) \|$", (ROOT / "docs/wishes.md").read_text("utf-8"), re.M))
NAMED = {
    number
    for file in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^ *def (test_\w+)", file.read_text("utf-8"), re.M)
    for number in re.findall(r"wish_(\d+)_", name)
}


def test_all_twenty_five_are_there() -> None:
    assert list(WISHES) == [str(number) for number in range(1, 26)]


@pytest.mark.parametrize("number", WISHES)
def test_a_wish_that_is_called_tested_has_a_test_with_its_number(number: str) -> None:
    assert "tested" in WISHES[number] or "issue" in WISHES[number], "a test, or which issue brings it"
    assert number in NAMED or "issue" in WISHES[number]

"""Persons, reports, statements, stops and comings are values: their classes are not frozen, for speed."""

import ast
from pathlib import Path

import pytest

import services.registration
from tests.unit.edits import edits

ROOMS = ("persons", "places", "staff", "policies", "risk", "reports", "arrivals", "intake")
SERVICE = Path(services.registration.__file__ or "").parent
SOURCES = sorted(source for room in ROOMS for source in (SERVICE / room).rglob("*.py"))
# What a unit of work has in hand and fills step by step; `parsed` is of the phonenumbers library.
IN_HAND = {"draft", "received", "parsed"}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_only_what_is_in_hand_is_changed(source: Path):
    assert {name for _, name in edits(ast.parse(source.read_text()))} <= IN_HAND

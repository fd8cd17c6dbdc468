"""Cases and tasks are values: their classes are not frozen, for speed, so the source is looked through."""

import ast
from pathlib import Path

import pytest

import services.isolation
from tests.unit.edits import edits

ROOMS = ("policies", "teams", "plans", "cases", "check_ins", "tests", "notices", "contacts", "tasks")
SERVICE = Path(services.isolation.__file__ or "").parent
SOURCES = sorted(source for room in ROOMS for source in (SERVICE / room).rglob("*.py"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_attribute_of_another_object_is_assigned(source: Path):
    assert edits(ast.parse(source.read_text())) == []


@pytest.mark.parametrize("line", ["case.state = 1", "task.day += 1", "a, case.state = 1, 2", "a.b: int = 1"])
def test_such_an_assignment_would_be_seen(line: str):
    assert [number for number, _ in edits(ast.parse(line))] == [1]

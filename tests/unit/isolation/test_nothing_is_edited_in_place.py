"""Cases and tasks are values: their classes are not frozen, for speed, so the source is looked through."""

import ast
from pathlib import Path

import pytest

import services.isolation

ROOMS = ("policies", "teams", "plans", "cases", "check_ins", "tests", "notices", "contacts", "tasks")
SERVICE = Path(services.isolation.__file__ or "").parent
SOURCES = sorted(source for room in ROOMS for source in (SERVICE / room).rglob("*.py"))


def edits(tree: ast.AST) -> list[int]:
    """Lines in which an attribute of anything but `self` is assigned."""
    stored = [n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)]
    return [n.lineno for n in stored if not (isinstance(n.value, ast.Name) and n.value.id == "self")]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_attribute_of_another_object_is_assigned(source: Path):
    assert edits(ast.parse(source.read_text())) == []


@pytest.mark.parametrize("line", ["case.state = 1", "task.day += 1", "a, case.state = 1, 2", "a.b: int = 1"])
def test_such_an_assignment_would_be_seen(line: str):
    assert edits(ast.parse(line)) == [1]

"""Every purpose under which a service seals what it stores is one that keys are changed for."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from operations.keys.tokens import PURPOSES
from operations.services import SERVICES

ROOT = Path(__file__).resolve().parents[3]
FILES = [
    file
    for folder in ("chassis", *(f"services/{service}" for service in SERVICES))
    for file in sorted((ROOT / folder).rglob("*.py"))
]
NOT_STORED = {"_CURSOR"}
"""Of the cursor of a list, which lives as long as a page."""


def purposes() -> list[tuple[str, ast.expr]]:
    """(file, the purpose as it is written) of each call of `seal` that names one."""
    found = []
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text())):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if named and node.func.attr == "seal" and len(node.args) > 1:  # type: ignore[attr-defined]
                found.append((str(file.relative_to(ROOT)), node.args[1]))  # type: ignore[attr-defined]
    return found


def constants(file: str) -> dict[str, str]:
    """Texts by the names under which a module or one that it imports from knows them."""
    known: dict[str, str] = {}
    tree = ast.parse((ROOT / file).read_text())
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            source = ROOT / (node.module.replace(".", "/") + ".py")
            if source.exists() and source != ROOT / file:
                theirs = _texts(source)
                known |= {
                    name.asname or name.name: theirs[name.name] for name in node.names if name.name in theirs
                }
    return known | _texts(ROOT / file)


def _texts(file: Path) -> dict[str, str]:
    found = {}
    for node in ast.parse(file.read_text()).body:
        target = node.target if isinstance(node, ast.AnnAssign) else None
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
        value = getattr(node, "value", None)
        if isinstance(target, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str):
            found[target.id] = value.value
    return found


@pytest.mark.parametrize(("file", "purpose"), purposes(), ids=lambda one: one if isinstance(one, str) else "")
def test_keys_are_changed_for_every_purpose(file: str, purpose: ast.expr) -> None:
    if isinstance(purpose, ast.Constant):
        assert purpose.value in PURPOSES, (file, purpose.value)
    else:
        assert isinstance(purpose, ast.Name), (file, ast.dump(purpose))
        if purpose.id not in NOT_STORED:
            assert constants(file)[purpose.id] in PURPOSES, (file, purpose.id)


def test_there_are_some() -> None:
    assert len(purposes()) > 10

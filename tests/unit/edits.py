"""Values are slotted classes that are not frozen, for speed: so the source is looked through for edits."""

from __future__ import annotations

import ast


def edits(tree: ast.AST) -> list[tuple[int, str]]:
    """Each line in which an attribute of anything but `self` is assigned, and of what."""
    stored = [n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)]
    found = [(n.lineno, ast.unparse(n.value)) for n in stored]
    return [(line, name) for line, name in found if name != "self"]

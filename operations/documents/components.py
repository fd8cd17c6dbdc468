"""JSON Schemas that stand alone, put side by side as the components of one document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def components(documents: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """By title, with their parts beside them, and without what only documents that stand alone need."""
    found: dict[str, Any] = {}
    parts: dict[str, Any] = {}
    for document in documents:
        parts |= document.pop("$defs", {})
        found[document["title"]] = {k: v for k, v in document.items() if k not in ("$schema", "$id")}
    moved: dict[str, Any] = _moved({**found, **dict(sorted(parts.items()))})
    return moved


def _moved(found: Any) -> Any:
    if isinstance(found, dict):
        return {
            k: v.replace("#/$defs/", "#/components/schemas/") if k == "$ref" else _moved(v)
            for k, v in found.items()
        }
    return [_moved(item) for item in found] if isinstance(found, list) else found

"""What differs between two documents of policies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Difference:
    """:param path: in the document, as `levels.high.days`. None: it does not stand there."""

    path: str
    before: Any
    after: Any


def differences(before: Any, after: Any) -> list[Difference]:
    """Of two documents, in the order of their paths. A list of plain values is compared whole."""
    return sorted(_differences(before, after, ""), key=lambda one: one.path)


def _differences(before: Any, after: Any, path: str) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in {*before, *after}:
            yield from _differences(before.get(key), after.get(key), f"{path}.{key}" if path else key)
    elif _has_parts(before) and _has_parts(after):
        for number in range(max(len(before), len(after))):
            one, other = (items[number] if number < len(items) else None for items in (before, after))
            yield from _differences(one, other, f"{path}[{number}]")
    elif json.dumps(before, sort_keys=True) != json.dumps(after, sort_keys=True):
        yield Difference(path, before, after)


def _has_parts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)

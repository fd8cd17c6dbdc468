"""Every row of a service whose texts may hold sealed values, window by window in the order of its key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from sqlalchemy import Column, String, Table, Text, and_, literal, or_, select, tuple_, type_coerce
from sqlalchemy.engine import Connection

from chassis.database.types import Id, Json
from operations.keys.tokens import SHORTEST

WINDOW: Final = 2000
"""Rows of a window: a statement reads no more, however few of them hold anything sealed."""


@dataclass(frozen=True)
class Place:
    """A table, and those of its columns that are long enough for a sealed value."""

    table: Table
    key: tuple[Column[Any], ...]
    columns: tuple[Column[Any], ...]


def places(service: str) -> list[Place]:
    """The tables of a service and of the chassis in its database, in the order of their names."""
    import_module(f"services.{service}.tables")  # all of them, whatever was imported before
    metadata = import_module(f"services.{service}.metadata").metadata
    found = []
    for table in sorted(metadata.tables.values(), key=lambda table: table.name):
        key = tuple(table.primary_key.columns)
        columns = tuple(column for column in table.columns if column not in key and _may_hold(column))
        if columns:
            found.append(Place(table, key, columns))
    return found


def _may_hold(column: Column[Any]) -> bool:
    kind = column.type
    if isinstance(kind, Id):
        return False
    if isinstance(kind, Json | Text):
        return True
    return isinstance(kind, String) and (kind.length is None or kind.length >= SHORTEST)


def windows(conn: Connection, place: Place) -> Iterator[tuple[Any, Any]]:
    """(after, up to) of each window; None where it has no such end."""
    after: Any = None
    while True:
        ends = select(*place.key).order_by(*place.key).offset(WINDOW - 1).limit(1)
        if after is not None:
            ends = ends.where(_key(place) > _value(place, after))
        end = conn.execute(ends).one_or_none()
        yield after, tuple(end) if end else None
        if end is None:
            return
        after = tuple(end)


def rows_holding(
    conn: Connection, place: Place, window: tuple[Any, Any], ids: Sequence[str]
) -> list[tuple[tuple[Any, ...], dict[str, str]]]:
    """(key, column -> text) of the rows of a window in which something may be sealed under these keys."""
    after, end = window
    texts = [type_coerce(column, Text) for column in place.columns]
    bounds = []
    if after is not None:
        bounds.append(_key(place) > _value(place, after))
    if end is not None:
        bounds.append(_key(place) <= _value(place, end))
    holding = or_(*(text.contains(f"{id}.", autoescape=True) for text in texts for id in ids))
    wide = len(place.key)
    named = [text.label(f"text_{number}") for number, text in enumerate(texts)]
    found = conn.execute(select(*place.key, *named).where(*bounds, holding).order_by(*place.key))
    names = [column.name for column in place.columns]
    return [
        (tuple(row[:wide]), {name: text for name, text in zip(names, row[wide:], strict=True) if text})
        for row in found
    ]


def with_key(place: Place, key: Sequence[Any]) -> Any:
    return and_(*(column == value for column, value in zip(place.key, key, strict=True)))


def _key(place: Place) -> Any:
    return place.key[0] if len(place.key) == 1 else tuple_(*place.key)


def _value(place: Place, key: Sequence[Any]) -> Any:
    values = [literal(value, column.type) for column, value in zip(place.key, key, strict=True)]
    return values[0] if len(values) == 1 else tuple_(*values)

"""A row for a table of which a test needs one, whatever its columns are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Boolean, Column, Date, Integer, String, Table, Text
from sqlalchemy.types import TypeEngine

from chassis.database.types import Id, Json, UtcDateTime
from chassis.ids import new_id

MADE_UP: dict[type[TypeEngine[Any]], Callable[[], Any]] = {
    Id: new_id,
    UtcDateTime: lambda: datetime(2022, 10, 1, tzinfo=UTC),
    Json: lambda: {"made": "up"},
    Boolean: lambda: True,
    Integer: lambda: 1,
    Date: lambda: date(2022, 10, 1),
    String: lambda: "x",
    Text: lambda: "x",
}


def made_up(table: Table) -> dict[str, Any]:
    def value(column: Column[Any]) -> Any:
        for kind in type(column.type).__mro__:
            if kind in MADE_UP:
                return MADE_UP[kind]()
        raise AssertionError(f"{column}: say in MADE_UP what a {column.type!r} looks like")

    return {column.name: value(column) for column in table.columns}

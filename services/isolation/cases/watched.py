"""Who wants to look when something becomes new of a case, and looks at no other meanwhile.

A case says of each change of it that there is something new, and knows nothing of whoever looks.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, update
from sqlalchemy.engine import Connection

from chassis.database.statements import delete_rows, insert_missing, is_one_of, listed, update_rows
from chassis.database.types import UtcDateTime
from services.isolation.cases.tables import watched as table

BREACHES: Final = "breaches"
"""What an officer judged after the end of a case is told once it is open again."""
ROUNDS: Final = "rounds"
"""Whoever is tested, or goes, is missing in a round no more."""
# Each time, also where it is to be looked already: so whoever looks waits until what is new can be read.
_NEW: Final = (
    update(table).where(is_one_of(table.c.id, "ids")).values(look_at=bindparam("at", type_=UtcDateTime))
)


def watch(conn: Connection, watcher: str, ids: Collection[str], look_at: datetime | None = None) -> None:
    """From now on, until `watch_no_more`. Those that are watched already stay as they are."""
    rows = [{"id": id, "watcher": watcher, "look_at": look_at} for id in sorted(ids)]
    insert_missing(conn, table, rows)


def is_new(conn: Connection, ids: Collection[str], at: datetime) -> None:
    """Something became new of these: whoever watches them looks."""
    if ids:
        conn.execute(_NEW, {"ids": listed(sorted(ids)), "at": at})


def is_due(watcher: str, now: datetime) -> ColumnElement[bool]:
    """The rows of a watcher that are due."""
    return (table.c.watcher == watcher) & (table.c.look_at <= now)


def seen(conn: Connection, watcher: str, again: Collection[tuple[str, datetime | None]]) -> None:
    """:param again: ids, each with when to look again although nothing becomes new; None: only when something
    does.
    """
    rows: list[dict[str, Any]] = [
        {"id": id, "watcher": watcher, "look_at": at} for id, at in sorted(again, key=lambda one: one[0])
    ]
    update_rows(conn, table, rows, key=["id", "watcher"], set=["look_at"])


def watch_no_more(conn: Connection, watcher: str, ids: Collection[str]) -> None:
    delete_rows(conn, table, [{"id": id, "watcher": watcher} for id in sorted(ids)], key=["id", "watcher"])

"""How a copy of another service's rows is kept: the newest version of each wins, whatever came first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.engine import Connection

from chassis.database.statements import insert_rows, is_in, upsert_rows


def keep_newest(conn: Connection, table: Table, key: str, rows: Mapping[str, dict[str, Any]]) -> list[str]:
    """Write the rows that are newer than those stored. Returns their keys, sorted."""
    column = table.c[key]
    given = [rows[name] for name in sorted(rows)]
    # New rows are inserted before versions are compared, so that two replicas with two versions of a row that
    # was not stored yet meet on its lock.
    new = {name for (name,) in insert_rows(conn, table, given, ignore_conflicts=True, returning=[key])}
    others = [name for name in sorted(rows) if name not in new]
    stored = conn.execute(
        select(column, table.c.version).where(is_in(conn, column, others)).order_by(column).with_for_update()
    )
    older = {name for name, version in stored if version < rows[name]["version"]}
    columns = [c.name for c in table.c if c.name != key]
    upsert_rows(conn, table, [rows[name] for name in sorted(older)], key=[key], set=columns)
    return sorted(new | older)

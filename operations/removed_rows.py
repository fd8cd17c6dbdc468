"""Rows that were removed by no rule of the services, as databases noted it: listed, and accepted as gone."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import MetaData, Row, String, Table, and_, cast, select, type_coerce, update
from sqlalchemy.engine import Connection

from chassis.database.engine import Database
from chassis.database.migrations import metadata_of
from chassis.database.statements import is_in
from chassis.database.tables import TABLES
from chassis.masking import masked_numbers
from operations.databases import console_database, databases
from operations.errors import NotFound
from operations.services import CONSOLE

REMOVED = TABLES["removed_rows"]
MOST_LOOKED_FOR = 10_000
"""Of a database, one by one; those beyond count as gone."""


@dataclass(frozen=True)
class RemovedRow:
    """A row that was removed and is not there again. `key`: without personal data; `at`: real time."""

    service: str
    id: str
    table: str
    key: str
    at: datetime
    by: str

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "table": f"{self.service}.{self.table}",
            "row": self.key,
            "removed_at": self.at,
            "removed_by": self.by,
        }


@dataclass
class Noted:
    """How many removals of a database were noted, and which of these rows are gone."""

    noted: int
    accepted: int
    gone: list[RemovedRow]


def noted(service: str, conn: Connection) -> Noted:
    """The oldest first."""
    metadata = metadata_of(service)
    rows = conn.execute(select(REMOVED).order_by(REMOVED.c.id)).all()
    open_ones = [row for row in rows if row.accepted_at is None]
    gone = [
        _removed(service, row)
        for number, row in enumerate(open_ones)
        if number >= MOST_LOOKED_FOR or not _is_there(conn, metadata, row)
    ]
    return Noted(len(rows), len(rows) - len(open_ones), gone)


def listed() -> list[RemovedRow]:
    """Of all services and the console. Raises NotSetUp."""
    found = []
    with _all_databases() as all_of_them:
        for service, database in all_of_them.items():
            with database.read() as conn:
                found += noted(service, conn).gone
    return found


def of_id(id: str) -> list[RemovedRow]:
    """Raises NotFound."""
    if found := [row for row in listed() if row.id == id]:
        return found
    raise NotFound(f"{id} is no row that is gone: `doorstep removed list` shows those that are")


def accept(rows: Collection[RemovedRow], *, by: str, reason: str) -> int:
    """They may be gone: the audit names them no more. Returns how many nobody had accepted yet."""
    count = 0
    with _all_databases() as all_of_them:
        for service, database in all_of_them.items():
            ids = [row.id for row in rows if row.service == service]
            r = REMOVED.c
            said = {"accepted_at": datetime.now(UTC), "accepted_by": by, "accepted_reason": reason}
            with database.begin() as conn:
                these = is_in(conn, r.id, ids) & r.accepted_at.is_(None)
                count += conn.execute(update(REMOVED).where(these).values(said)).rowcount
    return count


@contextmanager
def _all_databases() -> Iterator[dict[str, Database]]:
    with console_database() as console:
        yield {**databases(), **({CONSOLE: console} if console else {})}


def _removed(service: str, row: Row[Any]) -> RemovedRow:
    return RemovedRow(service, row.id, row.of_table, _shown(row.row_key), row.removed_at, row.removed_by)


def _is_there(conn: Connection, metadata: MetaData, row: Row[Any]) -> bool:
    """Whether the table has a row with this key again."""
    table, named = metadata.tables.get(row.of_table), _read(row.row_key)
    if table is None or not named or not named.keys() <= set(table.columns.keys()):
        return False
    same = and_(*(_equals(conn, table, column, value) for column, value in named.items()))
    return conn.execute(select(1).select_from(table).where(same).limit(1)).first() is not None


def _equals(conn: Connection, table: Table, name: str, value: Any) -> Any:
    """As the database wrote it into JSON: PostgreSQL reads its text again, SQLite has the value itself."""
    column = table.c[name]
    if value is None:
        return column.is_(None)
    if conn.dialect.name == "postgresql":
        return column == cast(type_coerce(str(value), String), column.type)
    return column == value if isinstance(value, int) else type_coerce(column, String) == value


def _read(key: str) -> dict[str, Any]:
    try:
        found = orjson.loads(key)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _shown(key: str) -> str:
    """Without personal data: an outsider may have put some into an id."""
    return " ".join(masked_numbers(str(value)) for value in _read(key).values()) or key

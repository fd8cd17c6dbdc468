"""What stands in a database for whoever can read it without a key, and for whoever has all keys."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from chassis.database.engine import Database
from chassis.sealing import SealBroken, Sealer
from operations.keys.tokens import PURPOSES, SHORTEST


def in_clear(database: Database) -> str:
    """Every row of every table."""
    with database.read() as conn:
        tables = inspect(conn).get_table_names()
        return "\n".join(_rows(conn, table) for table in tables)


def opened(database: Database, sealer: Sealer, but: Collection[str] = ()) -> str:
    """Every row of every table, with all that is sealed in it opened, and what is sealed in that.

    :param but: tables that are left out.
    """
    with database.read() as conn:
        tables = sorted(set(inspect(conn).get_table_names()) - set(but))
        rows = "\n".join(_rows(conn, table) for table in tables)
    return with_opened(rows, sealer)


def _rows(conn: Connection, table: str) -> str:
    """Whole: of a row itself SQLAlchemy shows long texts in part."""
    return "\n".join(f"{table} {tuple(row)}" for row in conn.execute(text(f"SELECT * FROM {table}")))


def with_opened(clear: str, sealer: Sealer) -> str:
    """A text, and behind it whatever is sealed in it. Raises SealBroken where a purpose is not known."""
    return "\n".join([clear, *(inside for _, inside in sealed_in(clear, sealer))])


def sealed_in(clear: str, sealer: Sealer) -> Iterator[tuple[str, str]]:
    """Each sealed piece of a text as it stands there, and what is in it, with what is sealed in that. Raises
    SealBroken where a purpose is not known.
    """
    ids = "|".join(map(re.escape, sealer.ids))
    for token in re.findall(rf"(?<![\w-])(?:{ids})\.[A-Za-z0-9_-]{{{SHORTEST},}}={{0,2}}", clear):
        yield token, with_opened(str(_opened(token, sealer)), sealer)


def in_files(database: Database) -> bytes:
    """What lies in the files of an SQLite database, in its rows and beside them."""
    path = Path(str(database.url.database))
    return b"".join(one.read_bytes() for one in sorted(path.parent.glob(f"{path.name}*")))


def vacuum(database: Database) -> None:
    """As docs/retention.md has it for an SQLite database."""
    with closing(sqlite3.connect(str(database.url.database))) as conn:
        for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            conn.execute(statement)


def _opened(token: str, sealer: Sealer) -> object:
    for purpose in PURPOSES:
        try:
            return sealer.unseal(token, purpose)
        except SealBroken:
            continue
    raise SealBroken(f"no purpose of {PURPOSES} opens it: {token[:60]}")

"""Copies of SQLite databases while others write them: all of one instant, by SQLite's own backup.

Why one instant: as for PostgreSQL (deploy/backup/databases.py). Recording is held up for a moment by SQLite's
write lock of each; what is committed then stays as it is for whoever began to read in that moment (WAL), and
the copies are made of that while work goes on.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from deploy.backup.errors import Refused
from deploy.backup.folder import fsync_path

LOCK_S: Final = 3.0
TRIES: Final = 10
_PAGES: Final = 4096
_UNCOUNTED: Final = ("alembic_version", "alembic_version_chassis", "leases")


@dataclass(frozen=True)
class Cut:
    """:param databases: each as it was at that instant, as long as the cut is held.
    :param pause_ms: for how long nobody could record anything.
    """

    at: datetime
    pause_ms: int
    databases: Mapping[str, sqlite3.Connection]


@contextmanager
def cut(files: Mapping[str, Path]) -> Iterator[Cut]:
    """One instant of all files, for as long as the block lasts. Raises Refused where one is always locked."""
    for left in reversed(range(TRIES)):
        with ExitStack() as stack:
            readers = {name: stack.enter_context(_opened(file)) for name, file in files.items()}
            try:
                at, pause_ms = _freeze(files, readers)
            except sqlite3.OperationalError as error:
                if not left or "locked" not in str(error):
                    raise Refused(f"the databases cannot be read: {error}") from None
                continue
            yield Cut(at, pause_ms, readers)
            return


def copy(database: sqlite3.Connection, file: Path) -> dict[str, Any]:
    """Write what the connection sees into a new file, and read that back: its `tables`. Raises Refused."""
    with closing(sqlite3.connect(file, isolation_level=None)) as target:
        database.backup(target, pages=_PAGES)
        target.execute("PRAGMA journal_mode = DELETE")  # one file, until somebody works with it
        (said,) = target.execute("PRAGMA integrity_check(1)").fetchone()
        if said != "ok":
            raise Refused(f"{file.name} is damaged: {said}")
        found = _tables(target)
    fsync_path(file)
    return found


def put(file: Path, target: Path) -> dict[str, Any]:
    """A copy in the place of a database that nobody has open, whatever is there. Returns its `tables`."""
    new = target.with_name(f"{target.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        with file.open("rb") as source:
            while piece := source.read(1 << 20):
                opened.write(piece)
        os.fsync(opened.fileno())
    for journal in ("-wal", "-shm", "-journal"):  # of the one before
        target.with_name(target.name + journal).unlink(missing_ok=True)
    new.replace(target)
    fsync_path(target.parent)
    return tables(target)


def tables(file: Path) -> dict[str, Any]:
    """Revisions, and rows of each table; empty where there is no file, or no tables in it."""
    if not file.exists():
        return {}
    with _opened(file) as database:
        return _tables(database)


def run(file: Path, script: str) -> None:
    with _opened(file) as database:
        database.executescript(script)


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    """A file that is there: to connect to another would make it."""
    address = f"file:{quote(str(file))}?mode=rw"
    with closing(sqlite3.connect(address, uri=True, timeout=LOCK_S, isolation_level=None)) as database:
        yield database


def _freeze(files: Mapping[str, Path], readers: Mapping[str, sqlite3.Connection]) -> tuple[datetime, int]:
    at = datetime.now(UTC)
    began = time.monotonic()
    with ExitStack() as stack:
        for file in files.values():
            stack.enter_context(_opened(file)).execute("BEGIN IMMEDIATE")
        for reader in readers.values():
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM sqlite_master").fetchone()  # it sees this moment to its end
    return at, round((time.monotonic() - began) * 1000)


def _tables(database: sqlite3.Connection) -> dict[str, Any]:
    asked = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
    names = [name for (name,) in database.execute(asked)]
    if "alembic_version" not in names:
        return {}
    found: dict[str, Any] = {"revision": _version(database, "alembic_version")}
    found["rows"] = {
        name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
        for name in names
        if name not in _UNCOUNTED
    }
    if "alembic_version_chassis" in names:
        found["chassis"] = _version(database, "alembic_version_chassis")
    return found


def _version(database: sqlite3.Connection, counted_in: str) -> str:
    (revision,) = database.execute(f"SELECT version_num FROM {counted_in}").fetchone()
    return str(revision)

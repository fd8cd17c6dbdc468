"""Copies of SQLite files while others write them are of one instant."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from deploy.backup.errors import Refused
from deploy.local import sqlite_copies

NAMES = ("cause", "effect")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    found = {name: tmp_path / f"{name}.db" for name in NAMES}
    for file in found.values():
        with closing(sqlite3.connect(file, isolation_level=None)) as made:
            made.execute("PRAGMA journal_mode = WAL")
            made.executescript("CREATE TABLE alembic_version (version_num); CREATE TABLE seen (n, filler);")
            made.execute("INSERT INTO alembic_version VALUES ('0007')")
    return found


@pytest.fixture
def writing(files: dict[str, Path]) -> Iterator[threading.Event]:
    """Each number stands in the first file before it stands in the second."""
    done, some = threading.Event(), threading.Event()

    def write() -> None:
        first, second = (sqlite3.connect(files[name], isolation_level=None, timeout=8) for name in NAMES)
        with closing(first), closing(second):
            n = 0
            while not done.is_set():
                n += 1
                for one in (first, second):
                    one.execute("INSERT INTO seen VALUES (?, ?)", (n, "x" * 3000))
                if n > 200:
                    some.set()

    thread = threading.Thread(target=write)
    thread.start()
    assert some.wait(30)
    yield done
    done.set()
    thread.join(30)


def numbers(database: sqlite3.Connection) -> list[int]:
    return [n for (n,) in database.execute("SELECT n FROM seen ORDER BY n")]


def test_no_effect_is_kept_without_its_cause_while_both_are_written(
    files: dict[str, Path], writing: threading.Event, tmp_path: Path
) -> None:
    with sqlite_copies.cut(files) as cut:
        kept = {}
        for name, database in cut.databases.items():
            counted = sqlite_copies.copy(database, tmp_path / f"{name}.copy")
            with closing(sqlite3.connect(tmp_path / f"{name}.copy")) as copy:
                kept[name] = numbers(copy)
            assert counted == {"revision": "0007", "rows": {"seen": len(kept[name])}}
            assert kept[name] == numbers(database), "as it was at that instant"
    with closing(sqlite3.connect(files["cause"])) as database:
        assert len(numbers(database)) > len(kept["cause"]), "work went on"
    cause, effect = len(kept["cause"]), len(kept["effect"])
    assert kept["effect"] == list(range(1, effect + 1)) and effect <= cause <= effect + 1
    assert cut.pause_ms < 3000


def test_a_copy_takes_the_place_of_a_file_and_its_journal(files: dict[str, Path], tmp_path: Path) -> None:
    with sqlite_copies.cut(files) as cut:
        sqlite_copies.copy(cut.databases["cause"], tmp_path / "copy")
    left_open = sqlite3.connect(files["cause"], isolation_level=None)  # as by a process that was killed
    left_open.execute("INSERT INTO seen VALUES (1, 'lost')")
    assert files["cause"].with_name("cause.db-wal").exists()
    assert sqlite_copies.put(tmp_path / "copy", files["cause"])["rows"] == {"seen": 0}
    assert not files["cause"].with_name("cause.db-wal").exists()
    assert files["cause"].stat().st_mode & 0o777 == 0o600
    left_open.close()


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert sqlite_copies.tables(tmp_path / "none.db") == {}
    with (
        pytest.raises((Refused, sqlite3.OperationalError)),
        sqlite_copies.cut({"none": tmp_path / "none.db"}),
    ):
        pass
    assert not (tmp_path / "none.db").exists()

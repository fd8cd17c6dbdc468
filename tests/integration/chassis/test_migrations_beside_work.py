"""Services work while a PostgreSQL database is upgraded; an upgrade that is killed is brought to its end."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from subprocess import Popen

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Connection

from chassis.database.engine import Database
from chassis.database.migrations import is_current, metadata_of, upgrade
from tests.integration.chassis.test_migrations_with_data import as_it_was, at, fill
from tests.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.postgresql

SERVICE = "isolation"
BEFORE = "0027"
"""What follows gives `cases` columns and an index, then `results_of_nobody` an index."""
INDEX = "CREATE INDEX%results_of_nobody_to_strip"
IMPATIENT = "SET LOCAL lock_timeout = '1s'"


@pytest.fixture
def database(postgresql_url: Callable[..., str]) -> Iterator[Database]:
    """Of an earlier version, with rows in every table."""
    database = Database(postgresql_url(SERVICE, at((SERVICE, BEFORE, "head"))))
    fill(SERVICE, database, as_it_was(SERVICE, database))
    yield database
    database.dispose()


@contextmanager
def somebody_at(database: Database, statement: str) -> Iterator[Connection]:
    """In a transaction that has said this and is not over."""
    with database.engine.connect() as conn:
        conn.execute(text(statement))
        yield conn


@contextmanager
def upgrading(database: Database) -> Iterator[Popen[bytes]]:
    url = database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "chassis.database.migrations", "upgrade", SERVICE]
    process = Popen(command, env={**os.environ, f"DOORSTEP_{SERVICE.upper()}_DATABASE_URL": url})
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def waiting(database: Database, what: str) -> list[int]:
    """Server processes that wait for somebody's lock with such a statement."""
    with database.look() as conn:
        found = conn.execute(
            text(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
                "AND wait_event_type = 'Lock' AND query LIKE :what"
            ),
            {"what": f"{what}%"},
        )
        return list(found.scalars())


def test_nobody_waits_for_an_index(database: Database) -> None:
    with (
        somebody_at(database, "UPDATE results_of_nobody SET identity = identity") as somebody,
        upgrading(database) as process,
    ):
        eventually(lambda: waiting(database, INDEX))
        with database.begin() as conn:
            conn.execute(text(IMPATIENT))
            for table in ("cases", "tasks", "results_of_nobody"):
                assert conn.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            conn.execute(text("UPDATE cases SET version = version"))
            conn.execute(text("INSERT INTO leases VALUES ('somebody', 'writes', now())"))
        assert process.poll() is None
        somebody.rollback()
        assert process.wait(PATIENCE_S) == 0
    all_is_there(database)


@pytest.mark.parametrize("who", ["the command", "the command and its server process"])
def test_killed_while_it_builds_an_index_it_is_brought_to_its_end(database: Database, who: str) -> None:
    with (
        somebody_at(database, "UPDATE results_of_nobody SET identity = identity"),
        upgrading(database) as process,
    ):
        [builder] = eventually(lambda: waiting(database, INDEX))
        process.kill()
        process.wait(PATIENCE_S)
        if who != "the command":
            with database.look() as conn:
                conn.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": builder})
            eventually(lambda: not waiting(database, INDEX))
        assert not indexes(database)["results_of_nobody_to_strip"]
    upgrade(SERVICE, database)
    all_is_there(database)


def test_killed_between_two_migrations_it_goes_on_where_it_was(postgresql_url: Callable[..., str]) -> None:
    database = Database(postgresql_url(SERVICE, at((SERVICE, "0023", "head"))))
    fill(SERVICE, database, as_it_was(SERVICE, database))
    with somebody_at(database, "SELECT count(*) FROM cases"), upgrading(database) as process:
        [changer] = eventually(lambda: waiting(database, "ALTER TABLE cases"))
        process.kill()
        process.wait(PATIENCE_S)
        with database.look() as conn:
            conn.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": changer})
            reached = conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    assert reached == BEFORE
    upgrade(SERVICE, database)
    all_is_there(database)
    database.dispose()


def all_is_there(database: Database) -> None:
    assert is_current(SERVICE, database)
    there = indexes(database)
    wanted = {index.name for table in metadata_of(SERVICE).tables.values() for index in table.indexes}
    assert {name for name, whole in there.items() if whole} >= wanted
    assert all(there.values()), there


def indexes(database: Database) -> dict[str, bool]:
    """By name, and whether PostgreSQL reads them."""
    with database.look() as conn:
        found = conn.execute(
            text(
                "SELECT relname, indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid "
                "WHERE relnamespace = current_schema::regnamespace"
            )
        )
        return {name: whole for name, whole in found}

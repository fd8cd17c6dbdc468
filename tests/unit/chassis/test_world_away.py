"""Which failures are the world's, so that nobody's attempt is counted, and which are the work's."""

from __future__ import annotations

import errno
import socket
import sqlite3
import ssl
from gzip import BadGzipFile
from pathlib import Path
from typing import Any

import psycopg
import pytest
from amqp.exceptions import ConnectionForced, NotFound, RecoverableConnectionError
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chassis.clock import Clock
from chassis.database.engine import Database
from chassis.errors import SettingsError, WorldAway, Wrong, is_world_away
from chassis.messaging.publisher import NotPublished
from chassis.messaging.topology import TopologyDiffers
from chassis.running.figures import Reader
from chassis.running.housekeeping import Chore
from chassis.telemetry import CHORE_FAILURES, CHORE_SUCCEEDED, WORLD_AWAY


def from_postgresql(state: str) -> DBAPIError:
    """As SQLAlchemy hands on what PostgreSQL says under this SQLSTATE."""
    kind = psycopg.errors.lookup(state)
    return DBAPIError("select 1", {}, kind("…"))


@pytest.mark.parametrize(
    "state",
    [
        "08006",  # connection failure
        "40001",  # serialization failure
        "40P01",  # deadlock
        "55P03",  # lock timeout
        "53100",  # disk full
        "53300",  # too many connections
        "57P01",  # administrator shut the server down
        "57P03",  # server is starting up
        "58030",  # input/output error
        "25006",  # read-only: a standby
    ],
)
def test_postgresqls_own_trouble_is_the_world(state: str) -> None:
    assert is_world_away(from_postgresql(state))


@pytest.mark.parametrize(
    "state",
    [
        "23505",  # unique violation
        "23503",  # foreign key
        "22001",  # text too long
        "22P02",  # not a number
        "22021",  # NUL in a text
        "42P01",  # no such table
        "42601",  # syntax error
        "57014",  # statement cancelled
    ],
)
def test_postgresqls_complaint_about_a_statement_is_the_work(state: str) -> None:
    assert not is_world_away(from_postgresql(state))


@pytest.mark.parametrize("kind", [psycopg.OperationalError, psycopg.InterfaceError])
def test_a_lost_connection_has_no_sqlstate_and_is_the_world(kind: type[psycopg.Error]) -> None:
    assert is_world_away(OperationalError("select 1", {}, kind("server closed the connection")))
    assert is_world_away(DBAPIError("select 1", {}, kind("the connection is closed")))


@pytest.mark.parametrize(
    "text",
    [
        "database is locked",
        "database table is locked",
        "disk I/O error",
        "database or disk is full",
        "unable to open database file",
        "attempt to write a readonly database",
    ],
)
def test_sqlites_own_trouble_is_the_world(text: str) -> None:
    assert is_world_away(OperationalError("select 1", {}, sqlite3.OperationalError(text)))


def test_sqlites_complaint_about_a_statement_is_the_work() -> None:
    assert not is_world_away(OperationalError("x", {}, sqlite3.OperationalError("no such table: cases")))
    assert not is_world_away(IntegrityError("x", {}, sqlite3.IntegrityError("UNIQUE constraint failed")))


@pytest.mark.parametrize(
    "error",
    [
        WorldAway("…"),
        NotPublished("…"),
        TopologyDiffers("…"),
        ConnectionResetError(),
        BrokenPipeError(),
        TimeoutError(),
        PoolTimeout("no connection left"),
        OSError(errno.ENOSPC, "no space left on device"),
        OSError(errno.EMFILE, "too many open files"),
        OSError(errno.EHOSTUNREACH, "no route to host"),
        OSError("Server unexpectedly closed connection"),
        socket.gaierror(socket.EAI_NONAME, "name or service not known"),
        ssl.SSLError("certificate verify failed"),
        ConnectionForced("closed by an operator"),
        RecoverableConnectionError("connection already closed"),
        NotFound("no queue"),
    ],
)
def test_lost_connections_full_disks_and_our_own_waiting_are_the_world(error: Exception) -> None:
    assert is_world_away(error)


@pytest.mark.parametrize(
    "error",
    [
        Wrong("…"),
        SettingsError("…"),
        ValueError(),
        KeyError("case"),
        RuntimeError("database is locked"),
        OSError(errno.ENOENT, "no such file"),
        PermissionError(errno.EACCES, "permission denied"),
        BadGzipFile("not a gzipped file"),
        StatementError("cannot bind", "insert", {}, TypeError("no JSON")),
        MemoryError(),
    ],
)
def test_bugs_and_broken_rules_are_the_work(error: Exception) -> None:
    assert not is_world_away(error)


@given(st.from_regex(r"[0-9A-Z]{5}", fullmatch=True))
def test_every_sqlstate_is_one_or_the_other_and_data_errors_never_the_world(state: str) -> None:
    class Said(psycopg.Error):
        sqlstate = state

    away = is_world_away(DBAPIError("select 1", {}, Said("…")))
    if state.startswith(("22", "23", "42")):
        assert not away


def test_a_real_lock_on_sqlite_is_the_world(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/locked.db"
    one, other = Database(url), Database(url)
    with other.engine.connect() as conn:
        conn.exec_driver_sql("PRAGMA busy_timeout = 50")
        conn.rollback()
        with one.begin():
            with pytest.raises(OperationalError) as caught, conn.begin():
                conn.execute(text("select 1"))
            assert is_world_away(caught.value)


def test_a_server_that_is_not_there_is_the_world() -> None:
    database = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    with pytest.raises(OperationalError) as caught, database.begin():
        pass
    assert is_world_away(caught.value)


def test_a_server_that_accepts_and_never_answers_is_the_world() -> None:
    """As behind a dropped network, or while it is frozen."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        database = Database(f"postgresql+psycopg://nobody@127.0.0.1:{silent.getsockname()[1]}/none")
        with pytest.raises(OperationalError) as caught, database.begin():
            pass
    assert is_world_away(caught.value)


def test_the_reader_of_figures_counts_an_absent_database_while_no_event_comes() -> None:
    reader = Reader(Database("postgresql+psycopg://nobody@127.0.0.1:1/none"), Clock(), [])
    before = counted("trial.figures")
    assert Chore("trial.figures", 5, reader.read).once() == 0
    assert counted("trial.figures") == before + 1


def test_a_bug_in_a_chore_is_not_counted_as_the_world() -> None:
    before = counted("trial.broken")
    assert Chore("trial.broken", 5, lambda: 1 // 0).once() == 0
    assert counted("trial.broken") == before


def test_a_chore_says_why_it_fails_and_when_it_succeeded_where_it_is_the_one_that_does_it() -> None:
    ways: list[Any] = [lambda: None, lambda: 1 // 0, lambda: 0]
    chore = Chore("trial.turns", 5, lambda: ways.pop(0)())
    succeeded, failures = CHORE_SUCCEEDED.labels(chore.name)._value, CHORE_FAILURES.labels(chore.name)._value
    chore.once()
    assert not succeeded.get() and not chore.trouble, "another replica does it"
    chore.once()
    assert failures.get() == 1 and "ZeroDivisionError at test_world_away.py" in chore.trouble
    chore.once()
    assert succeeded.get() > 0 and failures.get() == 1 and not chore.trouble


def counted(chore: str) -> float:
    return WORLD_AWAY.labels(chore)._value.get()


def test_a_chore_that_waits_for_longer_than_a_restart_takes_says_so_until_it_succeeds() -> None:
    away = True

    def do() -> int:
        if away:
            raise NotPublished("3 messages not confirmed within 15 s")
        return 0

    chore = Chore("trial.waits", 1, do)
    chore.once()
    chore.once()
    assert chore.trouble == "" and chore.away_since is not None
    chore.away_since -= 61
    chore.once()
    assert chore.trouble == "has waited 61 s for the broker or its database (NotPublished)"
    away = False
    chore.once()
    assert chore.trouble == "" and chore.away_since is None

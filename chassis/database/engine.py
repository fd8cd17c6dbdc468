"""Engines and transactions, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError

from chassis.database.clocks import Clocks
from chassis.database.guards import SETTING
from chassis.errors import SettingsError

# A statement that waits longer for a lock is rolled back, and its batch is tried again. This is less than the
# broker's patience (`chassis.messaging.connection`): a process that waits for a lock sends no heartbeat.
LOCK_TIMEOUT_MS = 8_000
# PostgreSQL cancels a statement that takes longer. This is the limit of whoever serves others: a service's
# process sends no heartbeat during a statement, and somebody waits for a door. It is more than the wait for a
# lock, so that who waits for one is told that it was the lock.
STATEMENT_LIMIT_S = 9
# The operator's tools read whole tables, and only the operator waits.
TOOL_STATEMENT_LIMIT_S = 300
CONNECT_TIMEOUT_S = 3
# A PostgreSQL server that vanished silently (power, network) is noticed after 10 + 3 * 5 seconds.
_KEEPALIVE = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


class Database:
    """One service's database. `begin()` writes, `read()` reads; both are one transaction each."""

    def __init__(
        self,
        url: str,
        *,
        application: str = "doorstep",
        pool_size: int = 5,
        statement_limit_s: int = STATEMENT_LIMIT_S,
        parallel: bool = True,
    ) -> None:
        """Raises SettingsError.

        :param statement_limit_s: on PostgreSQL; SQLite knows no such limit.
        :param parallel: whether PostgreSQL may start further processes for a statement. To start two takes
            longer than a page may, and more of the processors where many ask.
        """
        try:
            parsed = make_url(url)
        except ArgumentError:
            raise SettingsError(
                "the database URL cannot be read: give sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME"
            ) from None
        if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
            raise SettingsError(f"no support for {parsed.drivername}: use sqlite or postgresql+psycopg")
        self.url = parsed
        self.clocks = Clocks()
        self.engine = (
            _sqlite(url)
            if self.is_sqlite
            else _postgresql(url, application, pool_size, statement_limit_s, parallel)
        )

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with self.engine.begin() as conn:
            yield conn

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self.engine.connect().execution_options(read_only=True) as conn, conn.begin():
            yield conn

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """For a few short questions: on PostgreSQL each is a transaction of its own, which saves two round
        trips. Under READ COMMITTED each sees what was committed before it, either way.
        """
        if self.is_sqlite:
            with self.read() as conn:
                yield conn
        else:
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
                yield conn

    def describe(self) -> str:
        """Return the URL without the password."""
        return self.url.render_as_string(hide_password=True)

    def dispose(self) -> None:
        self.engine.dispose()


def _sqlite(url: str) -> Engine:
    engine = create_engine(
        url,
        connect_args={"timeout": LOCK_TIMEOUT_MS / 1000, "check_same_thread": False},
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-64000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        # A transaction that reads first and writes later fails at once when another wrote meanwhile.
        conn.exec_driver_sql("BEGIN" if conn.get_execution_options().get("read_only") else "BEGIN IMMEDIATE")

    return engine


def _postgresql(url: str, application: str, pool_size: int, statement_limit_s: int, parallel: bool) -> Engine:
    settings = {
        "timezone": "UTC",
        "lock_timeout": LOCK_TIMEOUT_MS,
        "statement_timeout": statement_limit_s * 1000,
        SETTING: "off",
        "jit": "off",  # to compile a statement takes longer than to run it
        # Outbox bodies are long, and lz4 packs them in a tenth of the time of PostgreSQL's own method.
        "default_toast_compression": "lz4",
    }
    if not parallel:
        settings["max_parallel_workers_per_gather"] = 0
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    return create_engine(
        url,
        hide_parameters=True,  # parameters are people's data, and the text of an error is logged
        pool_size=pool_size,
        max_overflow=5,
        # The connection that was used last has its statements prepared and what they read in memory.
        pool_use_lifo=True,
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_S,
            "application_name": application,
            "options": options,
            **_KEEPALIVE,
        },
    )

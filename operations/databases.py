"""Each service's settings and database, for looking and for repairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from sqlalchemy import inspect
from sqlalchemy.engine import Connection

from chassis.database.engine import TOOL_STATEMENT_LIMIT_S, Database
from chassis.database.migrations import is_current
from chassis.settings import PREFIX, Settings, read_settings
from operations.errors import NotSetUp
from operations.services import CONSOLE, SERVICES
from operations.settings import environment


@cache
def settings_of(service: str) -> Settings:
    """Raises SettingsError."""
    return read_settings(service, environment())


@cache
def database_of(service: str) -> Database:
    """Raises NotSetUp where its tables were never made, or are those of an older version."""
    return database_in(settings_of(service))


def database_in(settings: Settings) -> Database:
    """As `database_of`, of other settings than those of the environment."""
    service, database = (
        settings.service,
        Database(settings.database_url, application="doorstep-cli", statement_limit_s=TOOL_STATEMENT_LIMIT_S),
    )
    if not has_tables(database):
        raise NotSetUp(f"{service} has no tables in {database.describe()}: start it once with `doorstep up`")
    if not is_current(service, database):
        raise NotSetUp(
            f"the tables of {service} are of an older version than this command: run `doorstep migrate`"
        )
    return database


def databases() -> Mapping[str, Database]:
    """Service -> its database."""
    return {service: database_of(service) for service in SERVICES}


@contextmanager
def console_database() -> Iterator[Database | None]:
    """None where the console has none: it is the API only. Raises NotSetUp."""
    url = environment().get(f"{PREFIX}{CONSOLE.upper()}_DATABASE_URL", "").strip()
    database = (
        Database(url, application="doorstep-cli", statement_limit_s=TOOL_STATEMENT_LIMIT_S) if url else None
    )
    if database is None or not has_tables(database):
        yield None
        return
    try:
        if not is_current(CONSOLE, database):
            raise NotSetUp(
                "the tables of the console are of an older version than this command: run `doorstep migrate`"
            )
        yield database
    finally:
        database.dispose()


@contextmanager
def snapshot(database: Database) -> Iterator[Connection]:
    """One transaction in which every statement sees the same moment, so that sums can be compared."""
    options: dict[str, object] = {"read_only": True}
    if not database.is_sqlite:
        options["isolation_level"] = "REPEATABLE READ"
    with database.engine.connect().execution_options(**options) as conn, conn.begin():
        conn.exec_driver_sql("SELECT 1 FROM leases")  # the snapshot is taken here
        yield conn


def has_tables(database: Database) -> bool:
    """Whether a service's tables were ever made in it. Connecting to an SQLite file that is not there would
    make it."""
    file = database.url.database
    there = not database.is_sqlite or (file is not None and Path(file).exists())
    return there and inspect(database.engine).has_table("outbox")

"""Each service's settings and database, as a command finds them: for looking and for repairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from operations.settings import SERVICES, environment

if TYPE_CHECKING:
    from kombu import Connection as Broker
    from sqlalchemy.engine import Connection

    from chassis.database.engine import Database
    from chassis.settings import Settings


@cache
def settings_of(service: str) -> Settings:
    from chassis.settings import read_settings

    return read_settings(service, environment())


@cache
def database_of(service: str) -> Database:
    """Raises LocalNodeError where nothing was ever set up, or by an older version only."""
    from sqlalchemy import inspect

    from chassis.database.engine import Database
    from chassis.database.migrations import is_current
    from deploy.local.processes import LocalNodeError

    database = Database(settings_of(service).database_url, application="doorstep-cli")
    file = database.url.database
    there = not database.is_sqlite or (file is not None and _exists(file))
    if not there or not inspect(database.engine).has_table("outbox"):
        raise LocalNodeError(
            f"{service} has no tables in {database.describe()}: start it once with `doorstep up`"
        )
    if not is_current(service, database):
        raise LocalNodeError(
            f"the tables of {service} are of an older version than this command: run `doorstep migrate`"
        )
    return database


def databases() -> Mapping[str, Database]:
    return {service: database_of(service) for service in SERVICES}


@contextmanager
def snapshot(database: Database) -> Iterator[Connection]:
    """One transaction in which every statement sees the same moment, so that sums can be compared."""
    options: dict[str, object] = {"read_only": True}
    if not database.is_sqlite:
        options["isolation_level"] = "REPEATABLE READ"
    with database.engine.connect().execution_options(**options) as conn, conn.begin():
        yield conn


@contextmanager
def broker(name: str) -> Iterator[Broker]:
    """An open connection. Raises WorldAway where nobody answers, or who answered is gone."""
    from amqp.exceptions import RecoverableConnectionError

    from chassis.broker_address import describe
    from chassis.errors import WorldAway
    from chassis.messaging.connection import BROKER_AWAY, close_quietly, connect

    url = settings_of(SERVICES[0]).broker_url
    try:
        connection = connect(url, name)
    except BROKER_AWAY as error:
        raise WorldAway(
            f"no broker at {describe(url)} ({type(error).__name__}): is it running? See `doorstep status`"
        ) from None
    try:
        yield connection
    except (RecoverableConnectionError, ConnectionError, TimeoutError) as error:
        raise WorldAway(
            f"the broker at {describe(url)} is gone ({type(error).__name__}): try again"
        ) from None
    finally:
        close_quietly(connection)


def service_of_handler(handler: str) -> str:
    """`isolation.open_case` belongs to isolation."""
    return handler.partition(".")[0]


def _exists(file: str) -> bool:
    from pathlib import Path

    return Path(file).exists()

"""An empty database becomes what the tables say, on both kinds."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from chassis.database.engine import Database
from chassis.database.migrations import is_current, metadata_of, upgrade

SERVICES = ("registration", "isolation", "notification")


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database(service: str, database_url: Callable[..., str]) -> Iterator[Database]:
    database = Database(database_url(service))
    yield database
    database.dispose()


def test_a_migrated_database_has_exactly_the_tables_of_the_code(service: str, database: Database) -> None:
    upgrade(service, database)
    with database.engine.connect() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        differences: list[Any] = compare_metadata(context, metadata_of(service))
    assert differences == [], "write it: python -m chassis.database.migrations revision SERVICE WHAT"
    found = inspect(database.engine)
    for table in metadata_of(service).tables.values():
        indexes = {index["name"] for index in found.get_indexes(table.name)}
        assert {index.name for index in table.indexes} <= indexes, table.name
        key = found.get_pk_constraint(table.name)["constrained_columns"]
        assert key == [column.name for column in table.primary_key]


def test_migrating_twice_changes_nothing_and_the_version_is_known(service: str, database: Database) -> None:
    assert not is_current(service, database)
    upgrade(service, database)
    assert is_current(service, database)
    upgrade(service, database)
    assert is_current(service, database)


def test_a_database_that_a_newer_version_has_migrated_will_do_and_is_left_alone(
    service: str, database: Database
) -> None:
    upgrade(service, database)
    with database.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert is_current(service, database)
    upgrade(service, database)
    with database.read() as conn:
        assert conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"


def test_a_database_at_an_unknown_version_that_is_not_newer_is_not_current(
    service: str, database: Database
) -> None:
    upgrade(service, database)
    with database.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert not is_current(service, database)


@pytest.mark.postgresql
def test_replicas_that_migrate_at_the_same_time_wait_for_each_other(
    service: str, postgresql_url: Callable[..., str]
) -> None:
    url = postgresql_url(service)
    command = [sys.executable, "-m", "chassis.database.migrations", "upgrade", service]
    environment = {**os.environ, f"DOORSTEP_{service.upper()}_DATABASE_URL": url}
    both = [subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) for _ in range(2)]
    said = [one.communicate(timeout=60)[1] for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    database = Database(url)
    assert is_current(service, database)
    database.dispose()

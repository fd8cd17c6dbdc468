"""An empty database becomes what the tables say, on both kinds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from chassis.database.engine import Database
from chassis.database.migrations import CHASSIS, NOTHING, is_current, metadata_of, revisions, upgrade
from tests.waiting import PATIENCE_S

ROOT = Path(__file__).parents[3]
SERVICES = ("registration", "isolation", "notification")
CONSOLE = "console"
"""It came later, so it has the chassis' tables from the chassis alone."""


def is_not_the_count(_item: Any, name: str | None, *_: Any) -> bool:
    return name != "alembic_version_chassis"


@pytest.fixture(params=[*SERVICES, CONSOLE])
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
        context = MigrationContext.configure(
            conn, opts={"compare_type": True, "include_object": is_not_the_count}
        )
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


@pytest.mark.parametrize("history", [*SERVICES, CONSOLE, CHASSIS])
def test_migrations_are_numbered_by_their_files_in_the_order_that_alembic_knows(history: str) -> None:
    folder = ROOT / (
        "chassis/database/migrations/versions" if history == CHASSIS else f"services/{history}/migrations"
    )
    scripts = ScriptDirectory(folder.parent, version_locations=[folder])
    assert revisions(history) == [script.revision for script in scripts.walk_revisions()][::-1]


HISTORIES = pytest.mark.parametrize("counted_in", ["alembic_version", "alembic_version_chassis"])


@HISTORIES
def test_a_database_that_a_newer_version_has_migrated_will_do_and_is_left_alone(
    service: str, database: Database, counted_in: str
) -> None:
    upgrade(service, database)
    with database.begin() as conn:
        conn.execute(text(f"UPDATE {counted_in} SET version_num = '9999'"))
    assert is_current(service, database)
    upgrade(service, database)
    with database.read() as conn:
        assert conn.execute(text(f"SELECT version_num FROM {counted_in}")).scalar_one() == "9999"


@HISTORIES
def test_a_database_at_an_unknown_version_that_is_not_newer_is_not_current(
    service: str, database: Database, counted_in: str
) -> None:
    upgrade(service, database)
    with database.begin() as conn:
        conn.execute(text(f"UPDATE {counted_in} SET version_num = '0000'"))
    assert not is_current(service, database)


@pytest.mark.parametrize("own", ["head", NOTHING])
def test_a_database_with_one_history_only_is_not_current(service: str, database: Database, own: str) -> None:
    upgrade(service, database, own, NOTHING if own == "head" else "head")
    assert not is_current(service, database)


@pytest.mark.parametrize("service", SERVICES)
def test_the_chassis_makes_the_same_tables_as_the_first_migrations_of_services_did(
    service: str, database: Database, database_url: Callable[..., str]
) -> None:
    """So its history may adopt them. A service that comes later has them from the chassis alone."""
    upgrade(service, database, "head", NOTHING)
    later = Database(database_url("later"))
    upgrade(service, later, NOTHING, "0001")
    assert described(database) == described(later)
    later.dispose()


# The tables that the first migrations of services made; later ones are of the chassis alone.
ADOPTED = ("inbox", "outbox", "dead_letters", "dead_letter_acts", "leases")


def described(database: Database) -> dict[str, list[str]]:
    """Columns, key and indexes of each table of the chassis."""
    found = inspect(database.engine)

    def index(known: Any) -> str:
        options = {key: str(value) for key, value in known["dialect_options"].items()}
        return f"{known['name']} {known['column_names']} {known['unique']} {options}"

    return {
        name: [
            *(f"{c['name']} {c['type']!r} {c['nullable']} {c['default']}" for c in found.get_columns(name)),
            str(found.get_pk_constraint(name)["constrained_columns"]),
            *sorted(index(known) for known in found.get_indexes(name)),
        ]
        for name in ADOPTED
    }


@pytest.mark.postgresql
@pytest.mark.parametrize("service", SERVICES)
def test_replicas_that_migrate_at_the_same_time_wait_for_each_other(
    service: str, postgresql_url: Callable[..., str]
) -> None:
    url = postgresql_url(service)
    command = [sys.executable, "-m", "chassis.database.migrations", "upgrade", service]
    environment = {**os.environ, f"DOORSTEP_{service.upper()}_DATABASE_URL": url}
    both = [subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) for _ in range(2)]
    said = [one.communicate(timeout=PATIENCE_S)[1] for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    database = Database(url)
    assert is_current(service, database)
    database.dispose()


# -- a change of a chassis table is one migration ----------------------------------------------------------


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the code, in which a test may write a migration."""
    for package in ("field", "contracts", "chassis", "services"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignore)
    return tmp_path


def run(tree: Path, *arguments: str, **environment: str) -> None:
    command = [sys.executable, "-m", "chassis.database.migrations", *arguments]
    done = subprocess.run(
        command, cwd=tree, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_a_change_of_a_chassis_table_is_one_migration_for_all_services(tree: Path) -> None:
    tables = tree / "chassis/database/tables.py"
    column = '"published_at", UtcDateTime)'
    tables.write_text(tables.read_text().replace(column, column + ', Column("colour", String(9))'))
    run(tree, "revision", "chassis", "colour of messages")
    run(tree, "revision", "registration", "nothing new")  # which has left out a number
    written = [*tree.glob("chassis/database/migrations/versions/*colour_of_messages.py")]
    assert [path.name[:4] for path in written] == [f"{len(revisions(CHASSIS)) + 1:04d}"]
    assert 'add_column("outbox"' in written[0].read_text().replace("'", '"')
    (of_registration,) = tree.glob("services/registration/migrations/*nothing_new.py")
    assert of_registration.name[:4] == f"{int(revisions('registration')[-1]) + 1:04d}"
    assert "op." not in of_registration.read_text()
    for service in SERVICES:
        url = f"sqlite:///{tree}/{service}.db"
        run(tree, "upgrade", service, **{f"DOORSTEP_{service.upper()}_DATABASE_URL": url})
        database = Database(url)
        assert "colour" in [column["name"] for column in inspect(database.engine).get_columns("outbox")]
        database.dispose()

"""A row that is removed by hand from any table of any service is named by the audit, on both databases.

The tables are those that the databases really have, so that a new one is asked like the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Table, and_, delete, insert, inspect, select, text, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from chassis.database.engine import Database
from chassis.database.guards import is_append_only, is_watched, key_columns, put_guards, remove
from chassis.database.migrations import metadata_of
from demo.day import Day
from deploy.local import PrivateBroker, PrivatePostgres
from operations.services import CONSOLE, SERVICES
from tests.conftest import own_vhost
from tests.e2e.conftest import MORNING, migrated
from tests.made_up_rows import made_up
from tests.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.broker]

OF_ALEMBIC = {"alembic_version", "alembic_version_chassis"}
"""Without their row nothing starts: the tables are those of no version."""
UNWATCHED = {
    "leases": "are taken again",
    "stuck_rows": "are set aside again",
    "walks": "begin again",
    "tries": "are forgotten by themselves",
}
READABLE = {"dead_letters": {"state": "discarded"}, "dead_letter_acts": {"what": "discard"}}
"""Where the audit reads a made-up row."""


class Databases:
    """Of a system through which a small day has flowed; each table has a row, if a made-up one."""

    def __init__(self, system: System, urls: Mapping[str, str]) -> None:
        self.system = system
        self.databases = {service: Database(url) for service, url in urls.items()}
        for service, database in self.databases.items():
            with database.begin() as conn:
                for table in metadata_of(service).sorted_tables:
                    if conn.execute(select(table).limit(1)).first() is None:
                        conn.execute(insert(table), made_up(table) | READABLE.get(table.name, {}))

    def missing(self) -> dict[tuple[str, str], str]:
        """What the audit names -> why."""
        return {(one["what"], one["id"]): one["why"] for one in self.system.audit()[1]["missing"]}

    def removed(self) -> set[str]:
        """Tables of which the audit says that a row is gone."""
        return {what.removeprefix("row of ") for what, _ in self.missing() if what.startswith("row of ")}


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def day(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    broker: PrivateBroker,
) -> Iterator[Databases]:
    directory = tmp_path_factory.mktemp("removed")
    names = (*SERVICES, CONSOLE)
    urls = {service: f"sqlite:///{directory}/{service}.sqlite" for service in names}
    if request.param == "postgresql":
        postgres: PrivatePostgres = request.getfixturevalue("postgres")
        urls = {service: postgres.create_database(f"removed_{service}") for service in names}
    for service, url in urls.items():
        migrated(service)(url)
    with (
        own_vhost(broker) as vhost,
        System(directory / "system", broker.url(vhost), urls, {}, broker.management_url()) as system,
    ):
        system.prepare(MORNING)
        system.start_all()
        system.import_samples()
        system.publish(list(Day(40, date(2022, 10, 1), now=MORNING)))
        system.settled()
        system.stop_all()  # their timers would meet the rows that are made up
        databases = Databases(system, urls)
        yield databases
        for database in databases.databases.values():
            database.dispose()


def test_tables_that_nobody_watches_have_a_reason():
    for service in (*SERVICES, CONSOLE):
        unwatched = {table.name for table in metadata_of(service).sorted_tables if not is_watched(table)}
        assert unwatched <= UNWATCHED.keys(), f"{service}: say why, or let the audit know of its rows"


@pytest.mark.parametrize("service", [*SERVICES, CONSOLE])
def test_the_audit_names_the_table_of_a_removed_row(day: Databases, service: str):
    database, tables = day.databases[service], metadata_of(service).tables
    assert set(inspect(database.engine).get_table_names()) == tables.keys() | OF_ALEMBIC
    watched = [table for table in tables.values() if is_watched(table) and not is_append_only(table)]
    with database.begin() as conn:
        rows = {table.name: _remove_one(conn, table) for table in watched}
    named = day.removed()
    with database.begin() as conn:
        for table in watched:
            conn.execute(insert(table), rows[table.name])
    assert named == {f"{service}.{table.name}" for table in watched}
    assert not day.removed(), "all are there again"


@pytest.mark.parametrize("service", [*SERVICES, CONSOLE])
def test_rows_of_a_trail_are_neither_changed_nor_removed(day: Databases, service: str):
    trails = [table for table in metadata_of(service).sorted_tables if is_append_only(table)]
    assert {"views", "dead_letter_acts", "removed_rows", "trail_pieces"} <= {table.name for table in trails}
    database = day.databases[service]
    for table in trails:
        for statement in (delete(table), update(table).values({key_columns(table)[0]: None})):
            with pytest.raises(DBAPIError, match="append-only"), database.begin() as conn:
                conn.execute(statement)


def test_a_table_that_is_emptied_at_once_is_named(day: Databases):
    database = day.databases["isolation"]
    if database.is_sqlite:
        pytest.skip("SQLite has no TRUNCATE")
    table = metadata_of("isolation").tables["staff_load"]
    with database.begin() as conn:
        rows = [dict(row) for row in conn.execute(select(table)).mappings()]
        conn.execute(text("TRUNCATE staff_load"))
    assert ("row of isolation.staff_load", f"{len(rows)} rows") in day.missing()
    with database.begin() as conn:
        conn.execute(insert(table), rows)
    # Which rows they were, nobody noted.
    assert day.system.cli("removed", "accept", "--all", "--yes", "--reason", "a test") == {"accepted": 1}


def test_a_row_that_may_be_gone_is_named_no_more_once_somebody_says_so(day: Databases):
    with day.databases["notification"].begin() as conn:
        _remove_one(conn, metadata_of("notification").tables["number_days"])
    (listed,) = day.system.cli("removed", "list")
    assert listed["table"] == "notification.number_days" and listed["removed_by"]
    assert day.system.run("removed", "accept", listed["id"]).code == 2, "nobody says why"
    day.system.cli("removed", "accept", listed["id"], "--reason", "a test", "--by", "wang")
    assert not day.removed() and not day.system.cli("removed", "list")


def test_a_guard_that_was_taken_away_is_named_until_the_next_migration(day: Databases):
    with _unguarded(day.databases["registration"], "registration", "person_keys"):
        assert ("guard", "registration.person_keys") in day.missing()
    assert ("guard", "registration.person_keys") not in day.missing()


@pytest.mark.parametrize(
    ("service", "table", "key"),
    [
        ("isolation", "places", "620102"),
        ("notification", "staff", None),
        ("registration", "policies", None),
    ],
)
def test_copies_are_held_against_what_their_owner_has(
    day: Databases, service: str, table: str, key: str | None
):
    """Also where no guard saw it."""
    database, copy = day.databases[service], metadata_of(service).tables[table]
    column = copy.c[key_columns(copy)[0]]
    with database.begin() as conn:
        one = select(copy).where(column == key) if key else select(copy).limit(1)
        row = dict(conn.execute(one).mappings().one())
        remove(conn, delete(copy).where(column == row[column.name]))
    what = f"copy of {table}", f"{service} {row[column.name]}"
    assert "it is not there" in day.missing()[what]
    changed = {"places": "name", "staff": "role", "policies": "edition"}[table]
    with database.begin() as conn:
        conn.execute(insert(copy), row | {changed: "another"})
    assert f"another {changed}" in day.missing()[what]
    with database.begin() as conn:
        conn.execute(update(copy).where(column == row[column.name]).values({changed: row[changed]}))
    assert what not in day.missing()


def _remove_one(conn: Connection, table: Table) -> dict[str, Any]:
    """As somebody does by hand. Returns the row."""
    row = dict(conn.execute(select(table).limit(1)).mappings().one())
    same = and_(*(table.c[name] == row[name] for name in key_columns(table) if row[name] is not None))
    conn.execute(delete(table).where(same))
    return row


@contextmanager
def _unguarded(database: Database, service: str, table: str) -> Iterator[None]:
    """As its owner can take the guards away; `doorstep migrate` puts them back."""
    with database.begin() as conn:
        on = "" if database.is_sqlite else f" ON {table}"
        for guard in [f"{table}__removal_is_noted"]:
            conn.execute(text(f"DROP TRIGGER {guard}{on}"))
    yield
    with database.engine.connect() as conn:
        put_guards(conn, metadata_of(service))

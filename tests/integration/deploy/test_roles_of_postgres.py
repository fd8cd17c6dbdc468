"""Two roles and a database for each service, made by the script that PostgreSQL runs at its first start."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Table, delete, insert, select, text, update
from sqlalchemy.exc import ProgrammingError

from benchmarks.processes import ROOT
from chassis.database.engine import Database
from chassis.database.guards import is_append_only, is_watched, lasting_columns, missing_guards, remove
from chassis.database.migrations import is_current, metadata_of, upgrade
from deploy.local import PrivatePostgres
from tests.made_up_rows import made_up

pytestmark = pytest.mark.postgresql
SCRIPT = Path(ROOT, "deploy/postgres/initdb.d/10-services.sh")
SERVICES = ("registration", "isolation", "notification", "console")
WATCHING_PSQL = """#!/bin/bash
tr '\\0' ' ' < /proc/$$/cmdline >> "$SEEN"
exec psql-itself "$@"
"""


@dataclass
class Server:
    """PostgreSQL, and what the script finds and leaves."""

    postgres: PrivatePostgres
    folder: Path

    def __post_init__(self) -> None:
        secrets = self.folder / "secrets"
        secrets.mkdir()
        for service in SERVICES:
            (secrets / f"{service}_database_password").write_text(f"it's a $ecret of {service}\n")
            (secrets / f"{service}_owner_password").write_text(f"it's a $ecret of {service}_owner\n")
        self.tools, self.seen = self.folder / "tools", self.folder / "seen"
        self.tools.mkdir()
        (self.tools / "psql").write_text(WATCHING_PSQL.replace("psql-itself", "/usr/bin/psql"))
        (self.tools / "psql").chmod(0o755)
        self.script = self.folder / "script.sh"
        self.script.write_text(SCRIPT.read_text().replace("/run/secrets", str(secrets)))

    def make_roles(self) -> None:
        environment = {
            **os.environ,
            "PATH": f"{self.tools}:{os.environ['PATH']}",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.postgres.port),
            "SEEN": str(self.seen),
        }
        done = subprocess.run(["bash", self.script], env=environment, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr.decode()

    def database(self, service: str, role: str) -> Database:
        return Database(f"postgresql+psycopg://{role}@127.0.0.1:{self.postgres.port}/{service}")

    def run(self, *statements: str, database: str = "postgres") -> None:
        at = f"host=127.0.0.1 port={self.postgres.port} user=postgres dbname={database}"
        with psycopg.connect(at, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


@pytest.fixture
def server(postgres: PrivatePostgres, tmp_path: Path) -> Iterator[Server]:
    server = Server(postgres, tmp_path)
    yield server
    for service in SERVICES:
        server.run(f"DROP DATABASE IF EXISTS {service} WITH (FORCE)")
        server.run(f"DROP ROLE IF EXISTS {service}", f"DROP ROLE IF EXISTS {service}_owner")


def test_each_role_can_log_in_and_no_password_stands_on_a_command_line(server: Server) -> None:
    for _ in range(2):  # again it changes nothing
        server.make_roles()
    seen = server.seen.read_text()
    assert seen.count("--dbname") == 2 * len(SERVICES) and "ecret" not in seen
    for service in SERVICES:
        for role in (service, f"{service}_owner"):
            at = f"host=127.0.0.1 port={server.postgres.port} user={role} dbname={service}"
            with psycopg.connect(at) as connection:
                owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
                assert connection.execute(owner).fetchone() == (f"{service}_owner",)
    at = f"host=127.0.0.1 port={server.postgres.port} user=postgres dbname=postgres"
    with psycopg.connect(at) as connection:
        stored = dict(connection.execute("SELECT rolname, rolpassword FROM pg_authid").fetchall())
    for service in SERVICES:
        assert is_password(stored[service], f"it's a $ecret of {service}")
        assert is_password(stored[f"{service}_owner"], f"it's a $ecret of {service}_owner")


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_writes_rows_and_can_neither_change_tables_nor_trails(server: Server, service: str) -> None:
    server.make_roles()
    owner = server.database(service, f"{service}_owner")
    upgrade(service, owner)
    assert_holds(server, service)
    upgrade(service, owner)  # again it changes nothing
    owner.dispose()
    assert_holds(server, service)


def test_tables_that_a_service_of_an_earlier_version_owned_are_handed_over(server: Server) -> None:
    service = "isolation"
    server.run(f"CREATE ROLE {service} LOGIN", f"CREATE DATABASE {service} OWNER {service}")
    earlier = server.database(service, service)
    upgrade(service, earlier)
    trail = metadata_of(service).tables["removed_rows"]
    with earlier.begin() as conn:
        conn.execute(insert(trail), made_up(trail))
    server.make_roles()
    with earlier.begin() as conn:  # it goes on until it is replaced
        conn.execute(insert(trail), made_up(trail))
        assert is_current(service, earlier)
    earlier.dispose()
    owner = server.database(service, f"{service}_owner")
    upgrade(service, owner)
    owner.dispose()
    assert_holds(server, service)


def assert_holds(server: Server, service: str) -> None:
    """What a service needs, and no more."""
    database, metadata = server.database(service, service), metadata_of(service)
    assert is_current(service, database)
    for table in metadata.sorted_tables:
        refused = [f"DROP TRIGGER {table.name}__{guard} ON {table.name}" for guard in guards_of(table)]
        refused += [f"ALTER TABLE {table.name} ADD COLUMN more int", f"DROP TABLE {table.name}"]
        refused += [f"TRUNCATE {table.name}", f"ALTER TABLE {table.name} DISABLE TRIGGER ALL"]
        if is_append_only(table):
            refused += [f"DELETE FROM {table.name}"]
            refused += [f'UPDATE {table.name} SET "{name}" = "{name}"' for name in lasting_columns(table)]
        for statement in refused:
            with (
                pytest.raises(ProgrammingError, match=r"must be owner|permission denied"),
                database.begin() as conn,
            ):
                conn.execute(text(statement))
        assert_works(database, table)
    with database.begin() as conn:
        assert not missing_guards(conn, metadata)
        for statement in (
            "CREATE TABLE more (id int)",
            "DROP FUNCTION doorstep_refuse_change() CASCADE",
            "UPDATE alembic_version SET version_num = '0001'",
        ):
            with (
                pytest.raises(ProgrammingError, match=r"must be owner|permission denied"),
                conn.begin_nested(),
            ):
                conn.execute(text(statement))
    database.dispose()


def guards_of(table: Table) -> list[str]:
    if is_append_only(table):
        return ["change_is_refused", "removal_is_refused", "emptying_is_refused"]
    return ["removal_is_noted", "emptying_is_noted"] if is_watched(table) else []


def assert_works(database: Database, table: Table) -> None:
    """As the code does it; nothing of it stays."""
    with database.engine.connect() as conn, conn.begin() as transaction:
        conn.execute(insert(table), made_up(table))
        conn.execute(select(table).limit(1)).one()
        written = [
            column
            for column in table.columns
            if not is_append_only(table) or column.name not in lasting_columns(table)
        ]
        if written:
            conn.execute(update(table).values({column.name: column for column in written}))
        if not is_append_only(table):
            remove(conn, delete(table))
            conn.execute(insert(table), made_up(table))
            conn.execute(delete(table))  # by hand: it is noted
        transaction.rollback()


def is_password(stored: str, password: str) -> bool:
    """As SCRAM-SHA-256 keeps it (RFC 5803): here everybody is let in, whatever their password."""
    iterations, salt, stored_key = re.split("[$:]", stored)[1:4]
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(iterations))
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    return base64.b64encode(hashlib.sha256(client_key).digest()).decode() == stored_key

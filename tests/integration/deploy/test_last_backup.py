"""A service knows when a backup saved this deployment last, and forgets it in a restored one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from chassis.database.engine import Database
from chassis.database.last_backup import last_backup, noting_in_sqlite
from deploy.backup.databases import noting
from deploy.local.postgres import PrivatePostgres

AT = datetime(2022, 10, 1, 3, 15, tzinfo=UTC)


@pytest.fixture
def url(postgres: PrivatePostgres) -> Iterator[str]:
    """Of a database by the name that the backup knows; another test makes one of that name, too."""
    yield postgres.create_database("registration")
    at = f"host=127.0.0.1 port={postgres.port} user=postgres dbname=postgres"
    with psycopg.connect(at, autocommit=True) as connection:
        connection.execute("DROP DATABASE registration")


@pytest.mark.postgresql
def test_what_the_backup_notes_is_read_by_the_service(url: str) -> None:
    database = Database(url)
    with database.read() as conn:
        assert last_backup(conn) == 0
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True) as connection:
        connection.execute(noting(AT))
    with database.read() as conn:
        assert last_backup(conn) == AT.timestamp()
        conn.exec_driver_sql("COMMENT ON DATABASE registration IS 'of the north'")
        assert last_backup(conn) == 0
    database.dispose()


def test_what_is_noted_in_an_sqlite_file_is_read_by_the_service(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/registration.db")
    for noted, found in ((None, 0.0), (AT, AT.timestamp()), (None, 0.0)):
        with database.begin() as conn:
            conn.exec_driver_sql(noting_in_sqlite(noted))
        with database.read() as conn:
            assert last_backup(conn) == found
    database.dispose()

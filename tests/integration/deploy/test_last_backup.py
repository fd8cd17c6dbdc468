"""A service knows when `make backup` saved this deployment last, and forgets it in a restored one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest

from chassis.database.engine import Database
from chassis.database.last_backup import last_backup
from deploy.backup.databases import noting
from deploy.local.postgres import PrivatePostgres

pytestmark = pytest.mark.postgresql

AT = datetime(2022, 10, 1, 3, 15, tzinfo=UTC)


@pytest.fixture
def url(postgres: PrivatePostgres) -> Iterator[str]:
    """Of a database by the name that the backup knows; another test makes one of that name, too."""
    yield postgres.create_database("registration")
    at = f"host=127.0.0.1 port={postgres.port} user=postgres dbname=postgres"
    with psycopg.connect(at, autocommit=True) as connection:
        connection.execute("DROP DATABASE registration")


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


def test_of_sqlite_there_is_none() -> None:
    database = Database("sqlite://")
    with database.read() as conn:
        assert last_backup(conn) == 0
    database.dispose()

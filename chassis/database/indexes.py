"""Indexes on tables that have rows: on PostgreSQL they are built after all migrations, while others work.

In a migration whoever writes to the table waits until its index is there, and whoever reads a table that the
same migration changes. Here nobody waits (`CREATE INDEX CONCURRENTLY`); only the building waits for each
transaction that began before it. Whatever lacks is built, also what a run that was killed has left undone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Index, MetaData
from sqlalchemy.engine import Connection
from sqlalchemy.schema import CreateIndex

_THERE: Final = (
    "SELECT relname, indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid "
    "WHERE relnamespace = current_schema::regnamespace"
)


def put_indexes(conn: Connection, metadata: MetaData) -> None:
    """Build those that are not there, one after the other. Does nothing on SQLite, where one process writes.

    :param conn: in no transaction, and in none afterwards.
    """
    if conn.dialect.name != "postgresql":
        return
    with _each_statement_alone(conn):
        there = {name: whole for name, whole in conn.exec_driver_sql(_THERE)}
        for index in _built_beside_others(metadata):
            whole = there.get(str(index.name))
            if whole is False:  # somebody was killed while building it
                conn.exec_driver_sql(f'DROP INDEX CONCURRENTLY "{index.name}"')
            if not whole:
                conn.execute(CreateIndex(index))


def _built_beside_others(metadata: MetaData) -> Iterator[Index]:
    """Copies of all indexes, of which PostgreSQL is told so."""
    copy = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.sorted_tables:
        for index in table.to_metadata(copy).indexes:
            index.dialect_options["postgresql"]["concurrently"] = True
            yield index


@contextmanager
def _each_statement_alone(conn: Connection) -> Iterator[None]:
    """In no transaction, and without a limit for the wait: those who work do not wait for us meanwhile."""
    conn.execution_options(isolation_level="AUTOCOMMIT")
    try:
        conn.exec_driver_sql("SET lock_timeout = 0")
        yield
    finally:
        conn.exec_driver_sql("RESET lock_timeout")
        conn.rollback()
        conn.execution_options(isolation_level="READ COMMITTED")

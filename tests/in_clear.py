"""What stands in a database for whoever can read it without a key."""

from __future__ import annotations

from sqlalchemy import inspect, text

from chassis.database.engine import Database


def in_clear(database: Database) -> str:
    """Every row of every table."""
    with database.read() as conn:
        tables = inspect(conn).get_table_names()
        return "\n".join(str(row) for table in tables for row in conn.execute(text(f"SELECT * FROM {table}")))

"""When `make backup` saved this deployment last, as it noted on the database itself (deploy/backup)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.engine import Connection

_BEGINS = "last backup "
_NOTE = text(
    "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
)


def last_backup(conn: Connection) -> float:
    """In seconds since 1970; 0 where there is none, and of SQLite, which it does not save."""
    note = conn.execute(_NOTE).scalar() if conn.dialect.name == "postgresql" else None
    if not note or not note.startswith(_BEGINS):
        return 0.0
    try:
        return datetime.fromisoformat(note.removeprefix(_BEGINS)).timestamp()
    except ValueError:  # somebody else's words
        return 0.0

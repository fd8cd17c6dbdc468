"""When this deployment was backed up last, as the backup noted on the database itself.

`make backup` writes it as PostgreSQL's comment on the database (deploy/backup), `doorstep backup` into the
header of the SQLite file (deploy/local/backup.py).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.engine import Connection

_BEGINS = "last backup "
_NOTE = text(
    "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
)


def last_backup(conn: Connection) -> float:
    """In seconds since 1970; 0 where there is none."""
    if conn.dialect.name == "sqlite":
        return 60.0 * int(conn.exec_driver_sql("PRAGMA user_version").scalar_one())
    note = conn.execute(_NOTE).scalar()
    if not note or not note.startswith(_BEGINS):
        return 0.0
    try:
        return datetime.fromisoformat(note.removeprefix(_BEGINS)).timestamp()
    except ValueError:  # somebody else's words
        return 0.0


def noting_in_sqlite(at: datetime | None) -> str:
    """The statement that notes it, in whole minutes: the header has room for 32 bits. None: there is none."""
    return f"PRAGMA user_version = {int(at.timestamp()) // 60 if at else 0}"

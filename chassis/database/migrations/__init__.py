"""Alembic for every service: each has `migrations/versions/` and tables, the rest is here.

`python -m chassis.database.migrations upgrade SERVICE` brings a database up to date;
`… revision SERVICE "what changed"` writes the next version from the difference between database and tables.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData
from sqlalchemy.engine import Connection

from chassis.database.engine import Database

_HERE = Path(__file__).parent


def metadata_of(service: str) -> MetaData:
    metadata: MetaData = import_module(f"services.{service}.tables").metadata
    return metadata


def upgrade(service: str, database: Database, revision: str = "head") -> None:
    """Bring the database to the newest version; safe to call from several places at once on PostgreSQL.

    A database that a newer version of Doorstep has been at stays as it is: migrations only add.
    """
    with database.engine.connect() as conn:
        if not database.is_sqlite:
            conn.exec_driver_sql("SELECT pg_advisory_lock(7261001)")
            conn.commit()
        try:
            found = _revision(conn)
            conn.rollback()  # Alembic commits only the transactions that it began
            if not _is_ahead(service, found):
                config = _config(service)
                config.attributes["connection"] = conn
                command.upgrade(config, revision)
        finally:
            if not database.is_sqlite:
                conn.exec_driver_sql("SELECT pg_advisory_unlock(7261001)")
                conn.commit()


def is_current(service: str, database: Database) -> bool:
    """Whether the tables are those of this code, or of a newer one."""
    with database.read() as conn:
        found = _revision(conn)
    return found == revisions(service)[-1] or _is_ahead(service, found)


def revisions(service: str) -> list[str]:
    """All that are known, oldest first."""
    scripts = ScriptDirectory.from_config(_config(service))
    return [script.revision for script in reversed(list(scripts.walk_revisions()))]


def write_revision(service: str, message: str, database: Database) -> None:
    """Write the next revision by comparing the tables with a database that is up to date."""
    with database.engine.connect() as conn:
        config = _config(service)
        config.attributes["connection"] = conn
        scripts = ScriptDirectory.from_config(config)
        count = sum(1 for _ in scripts.walk_revisions())
        command.revision(config, message, autogenerate=True, rev_id=f"{count + 1:04d}")


def _revision(conn: Connection) -> str | None:
    return MigrationContext.configure(conn).get_current_revision()


def _is_ahead(service: str, revision: str | None) -> bool:
    """Revisions are numbered; one that is not known here and has a higher number is from a newer version."""
    known = revisions(service)
    return revision is not None and revision not in known and revision > known[-1]


def _config(service: str) -> Config:
    package = import_module(f"services.{service}")
    assert package.__file__
    folder = Path(package.__file__).parent / "migrations"
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.set_main_option("version_locations", str(folder))
    config.set_main_option("path_separator", "os")
    config.attributes["metadata"] = metadata_of(service)
    return config

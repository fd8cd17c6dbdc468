"""Alembic with two histories in each service's database: the service's own, and that of the chassis' tables.

A change of a chassis table is one migration, in `versions/` beside this file, whichever services there are.
Each history counts its versions in a table of its own. The service's own runs first: the first migrations of
registration, isolation and notification made the chassis' tables themselves (up to 0005, 0005 and 0002) and
stay as they are, because databases exist that stopped half-way. The first migration of the chassis makes the
tables where none of that happened, which is in every later service, and else adopts them as they are.

`python -m chassis.database.migrations upgrade SERVICE` brings a database up to date;
`… revision SERVICE "what changed"` writes the next migration from the difference between database and tables,
and `… revision chassis "what changed"` does so for the chassis' tables.

Each migration is a transaction of its own, so that nobody waits for those after it, and a run that was
killed goes on where it stopped. Guards of the tables (`chassis.database.guards`) and the rights of the
service's role (`chassis.database.rights`) are no migrations: those that lack are put after them. So are, on
PostgreSQL, the indexes of tables that have rows (`chassis.database.indexes`); a unique one is made by its
migration, because services count on it from the first row on. A migration that removes rows of guarded tables
says so, by `remove`.

Every process asks at its start whether the database is current, and is answered without Alembic: to load it
and its migrations takes a quarter of a second. So migrations are numbered by the names of their files.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import MetaData, inspect
from sqlalchemy.engine import Connection

from chassis.database.engine import Database
from chassis.database.guards import put_guards
from chassis.database.indexes import put_indexes
from chassis.database.rights import give_rights
from chassis.database.tables import TABLES, chassis_tables

if TYPE_CHECKING:
    from alembic.config import Config

CHASSIS = "chassis"
"""The name of the chassis' history; no service may have it."""
NOTHING = "nothing"
"""As a version to upgrade to: leave this history alone."""

_HERE = Path(__file__).parent
_LOCK = 7261001
_LOOK_S = 0.2


@dataclass(frozen=True, slots=True)
class _History:
    """Migrations in one folder, the table that counts them, and the tables they lead to."""

    folder: Path
    counted_in: str
    metadata: Callable[[], MetaData]
    leaves_alone: frozenset[str] = frozenset()
    """Names of tables in the same database that belong to the other history."""

    def config(self, conn: Connection) -> Config:
        config = _config(self.folder)
        config.attributes.update(
            connection=conn,
            metadata=self.metadata(),
            version_table=self.counted_in,
            leaves_alone=self.leaves_alone,
        )
        return config

    def revisions(self) -> list[str]:
        return _revisions(self.folder)

    def at(self, conn: Connection) -> str | None:
        if not inspect(conn).has_table(self.counted_in):
            return None
        found: str | None = conn.exec_driver_sql(f"SELECT version_num FROM {self.counted_in}").scalar()
        return found

    def is_ahead(self, revision: str | None) -> bool:
        """Revisions are numbered; an unknown one with a higher number is from a newer version."""
        known = self.revisions()
        return revision is not None and revision not in known and revision > known[-1]

    def is_current(self, conn: Connection) -> bool:
        revision = self.at(conn)
        return revision == self.revisions()[-1] or self.is_ahead(revision)

    def upgrade(self, conn: Connection, revision: str, *, indexes_later: bool = False) -> None:
        from alembic import command

        before = self.at(conn)
        conn.rollback()  # Alembic commits only the transactions that it began
        if not self.is_ahead(before):
            config = self.config(conn)
            config.attributes["indexes_later"] = indexes_later
            command.upgrade(config, revision)


@cache
def _revisions(folder: Path) -> list[str]:
    return sorted(file.name.partition("_")[0] for file in folder.glob("[0-9]*_*.py"))


def metadata_of(service: str) -> MetaData:
    """All tables of a service's database, the chassis' among them."""
    metadata: MetaData = import_module(f"services.{service}.tables").metadata
    return metadata


def upgrade(service: str, database: Database, revision: str = "head", chassis: str = "head") -> None:
    """Bring the database to the newest version; safe to call from several places at once on PostgreSQL.

    A database that a newer version of Doorstep has been at stays as it is: migrations only add.

    :param revision: of the service's own history, and
    :param chassis: of the chassis' history: how far to go, or NOTHING. Tests make older databases with them.
    """
    whole = revision == chassis == "head"
    own, shared = _own(service), _chassis()
    with database.engine.connect() as conn:
        if not database.is_sqlite:
            # An index on a large table takes as long as it takes, and cancelled it would never be there.
            conn.exec_driver_sql("SET statement_timeout = 0")
            _take_turn(conn)
        try:
            for history, wanted in ((own, revision), (shared, chassis)):
                if wanted != NOTHING:
                    history.upgrade(conn, wanted, indexes_later=whole)
            if whole:
                is_ahead = any(history.is_ahead(history.at(conn)) for history in (own, shared))
                conn.rollback()
                if not is_ahead:  # a newer version may do without some of ours
                    put_indexes(conn, metadata_of(service))
                # SQLite drops guards with the table that a migration makes anew: so they are put at the end.
                put_guards(conn, metadata_of(service))
                give_rights(conn, metadata_of(service), [own.counted_in, shared.counted_in])
                conn.commit()
        finally:
            conn.rollback()  # of what failed: nothing else is done in a transaction that failed
            if not database.is_sqlite:
                conn.exec_driver_sql(f"SELECT pg_advisory_unlock({_LOCK})")
                conn.exec_driver_sql("RESET statement_timeout")
                conn.commit()


def _take_turn(conn: Connection) -> None:
    """Asks again and again: who builds an index waits for every statement that began before, also for one
    that would wait here."""
    while not conn.exec_driver_sql(f"SELECT pg_try_advisory_lock({_LOCK})").scalar_one():
        conn.commit()
        time.sleep(_LOOK_S)
    conn.commit()


def is_current(service: str, database: Database) -> bool:
    """Whether the tables are those of this code, or of a newer one. Reads no row but the two versions."""
    with database.read() as conn:
        return _own(service).is_current(conn) and _chassis().is_current(conn)


def revisions(history: str) -> list[str]:
    """All known revisions of a service's own history, or of that of `chassis`, oldest first."""
    return _history(history).revisions()


def write_revision(history: str, message: str, database: Database) -> None:
    """Write the next migration of a service or of `chassis`, by comparing its tables with an empty database
    that this function brings up to date."""
    from alembic import command

    chosen = _history(history)
    with database.engine.connect() as conn:
        chosen.upgrade(conn, "head")
        after = int(chosen.revisions()[-1]) + 1  # numbers may be left out, but none is given twice
        command.revision(chosen.config(conn), message, autogenerate=True, rev_id=f"{after:04d}")


def _history(name: str) -> _History:
    return _chassis() if name == CHASSIS else _own(name)


def _own(service: str) -> _History:
    package = import_module(f"services.{service}")
    assert package.__file__
    return _History(
        folder=Path(package.__file__).parent / "migrations",
        counted_in="alembic_version",
        metadata=lambda: metadata_of(service),
        leaves_alone=frozenset(TABLES),
    )


def _chassis() -> _History:
    def metadata() -> MetaData:
        found = MetaData()
        chassis_tables(found)
        return found

    return _History(_HERE / "versions", "alembic_version_chassis", metadata)


def _config(folder: Path) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.set_main_option("version_locations", str(folder))
    config.set_main_option("path_separator", "os")
    return config

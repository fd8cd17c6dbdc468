"""Bringing the databases to the newest version. Needs nothing but their URLs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chassis.database.engine import Database
from chassis.database.migrations import is_current, upgrade
from chassis.errors import SettingsError
from chassis.settings import PREFIX, with_secret_files
from operations.databases import has_tables
from operations.services import CONSOLE, SERVICES


@dataclass(frozen=True)
class Migrated:
    """A service whose tables are of the newest version now, and how long that took.

    :param older: whether they were there, and of an older version.
    """

    service: str
    seconds: float
    older: bool


def migrate(environment: Mapping[str, str], services: Sequence[str] = ()) -> Iterator[Migrated]:
    """One service after the other; tables that are up to date stay as they are. Raises SettingsError.

    :param services: by default all, and the console where its database is set (without, it is the API only).
    """
    given = with_secret_files(dict(environment))
    with_console = bool(given.get(f"{PREFIX}{CONSOLE.upper()}_DATABASE_URL", "").strip())
    for service in services or (*SERVICES, *([CONSOLE] if with_console else [])):
        variable = f"{PREFIX}{service.upper()}_DATABASE_URL"
        url = given.get(variable, "").strip()
        if not url:
            raise SettingsError(f"{variable} is not set: set it, or {variable}_FILE")
        began = time.monotonic()
        database = Database(url, application="doorstep-migrate")
        older = has_tables(database) and not is_current(service, database)
        upgrade(service, database)
        database.dispose()
        yield Migrated(service, round(time.monotonic() - began, 2), older)


def migrate_all(environment: Mapping[str, str]) -> bool:
    """Every service. Returns whether tables of an older version were there."""
    return any([migrated.older for migrated in migrate(environment)])

"""The databases of the services and the console: all at one instant, each into a portable archive, and back.

Why one instant: what isolation has handled, registration must have recorded, and so on around the circle
(registration → isolation → notification → isolation; isolation's policies → registration). No order of three
dumps is right for a circle. So recording is held up for a moment in all of them, by a lock on their outboxes;
what is committed then is frozen in a snapshot of each; the lock is let go, and the dumps are made of the
snapshots while work goes on. Whoever handles something in that moment only handles what was recorded before.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy.backup.containers import CONSOLE, DATABASES, execute, job, piped
from deploy.backup.errors import Refused
from deploy.backup.folder import fsync

PSQL = ("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d")
OWN_SERVER = "postgres"
# Writers queue up behind a lock that is waited for, and give up after 8 s.
LOCK_S = 3
TRIES = 10
_END = "-- end of answer --"
_COUNTS = r"""
SELECT format('SELECT %L, count(*) FROM %I', tablename, tablename) FROM pg_tables
WHERE schemaname = 'public' AND tablename NOT IN ('alembic_version', 'alembic_version_chassis', 'leases')
ORDER BY tablename \gexec
"""

_END_WAYS_IN = """
UPDATE sessions SET ended_at = {now}, ended_because = 'restored' WHERE ended_at IS NULL
AND account_id IN (SELECT id FROM accounts WHERE kind <> 'worker');
UPDATE one_time_links SET ended_at = {now} WHERE ended_at IS NULL;
"""

# Of the server and in no archive: a restored deployment begins without a backup of its own. The service
# shows how old it is (chassis/database/last_backup.py).
_NOTED_AT = "registration"


@dataclass(frozen=True)
class Cut:
    """:param snapshots: of each service, to be given to pg_dump as long as the cut is held.
    :param pause_ms: for how long nobody could record anything.
    """

    at: datetime
    pause_ms: int
    snapshots: dict[str, str]
    tables: dict[str, dict[str, Any]]


class _Session:
    """psql in the container, asked one thing after another within its transactions."""

    def __init__(self, container: str, database: str) -> None:
        self._process = subprocess.Popen(
            ["docker", "exec", "-i", container, *PSQL, database],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def send(self, sql: str) -> None:
        assert self._process.stdin
        with suppress(BrokenPipeError):  # `answer` tells why
            self._process.stdin.write(f"{sql};\nSELECT '{_END}';\n")
            self._process.stdin.flush()

    def answer(self) -> list[list[str]]:
        """The rows of what was sent. Raises Refused with what the server said."""
        assert self._process.stdout and self._process.stderr
        rows: list[list[str]] = []
        for line in self._process.stdout:
            if line.strip() == _END:
                return rows
            rows.append(line.rstrip("\n").split("|"))
        raise Refused(" / ".join(self._process.stderr.read().split("\n")[:2]).strip(" /") or "psql ended")

    def ask(self, sql: str) -> list[list[str]]:
        self.send(sql)
        return self.answer()

    def close(self) -> None:
        """Whatever it has open is rolled back."""
        assert self._process.stdin
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def insist_on_own_server() -> None:
    """Raises Refused where a service's database was moved to a server outside this deployment: what its own
    server still holds of it is old."""
    files = [f"/run/secrets/{service}_database_url" for service in DATABASES]
    # From behind the last @ on: the password does not leave the container.
    told = job("doorstep", *files, entrypoint=("sed", "-sn", "1{s/.*@//;p}"))
    for service, address in zip(DATABASES, told.splitlines()[-len(DATABASES) :], strict=True):
        host = address.partition("/")[0].partition(":")[0]
        if host != OWN_SERVER:
            raise Refused(
                f"the database of {service} is on {host}, which is no part of this deployment: "
                "pg_dump and pg_restore there (docs/scaling.md)"
            )


@contextmanager
def cut(postgres: str) -> Iterator[Cut]:
    """One instant of all that are there, for as long as the block lasts."""
    there = present(postgres)
    for left in reversed(range(TRIES)):
        sessions = {service: _Session(postgres, service) for service in there}
        try:
            try:
                at, pause_ms, snapshots = _freeze(sessions)
            except Refused as error:
                if not left or "lock timeout" not in str(error):
                    raise
                continue
            yield Cut(at, pause_ms, snapshots, {name: _tables(one) for name, one in sessions.items()})
            return
        finally:
            for session in sessions.values():
                session.close()


def present(postgres: str) -> list[str]:
    """Those of DATABASES that are there. An earlier version has none for the console, and an upgrade that did
    not come to its end has one without tables.
    """
    told = execute(postgres, *PSQL, "postgres", "-c", "SELECT datname FROM pg_database")
    there = [name for name in DATABASES if name in told.split()]
    return [name for name in there if name != CONSOLE or tables(postgres, CONSOLE)]


def end_ways_in(postgres: str) -> None:
    execute(postgres, *PSQL, CONSOLE, "-c", ending_ways_in("now()"))


def ending_ways_in(now: str) -> str:
    """At the console: what was logged out, used up or taken back since the backup must not count again.

    Phones of workers stay in, which ask for their PIN.

    :param now: the moment, as the database says it.
    """
    return _END_WAYS_IN.format(now=now)


def note(postgres: str, at: datetime) -> None:
    """That there is a backup of this moment now."""
    execute(postgres, *PSQL, _NOTED_AT, "-c", noting(at))


def noting(at: datetime) -> str:
    """The statement that does it, for the server's administrator."""
    return f"COMMENT ON DATABASE {_NOTED_AT} IS 'last backup {at.isoformat(timespec='seconds')}'"


def dump(postgres: str, service: str, snapshot: str, file: Path) -> None:
    """In PostgreSQL's own archive format, which every later major version reads.

    Packed lightly: the default takes nearly twice the time, beside services at work, for 5 % less.
    """
    command = ("pg_dump", "-U", "postgres", "-Fc", "-Z1", f"--snapshot={snapshot}", "-d", service)
    with piped(postgres, *command) as stream, file.open("xb") as target:
        while piece := stream.read(1 << 20):
            target.write(piece)
        fsync(target)


def verify(postgres: str, file: Path) -> None:
    """Reads the whole archive. Raises Refused if pg_restore could not restore from it."""
    with file.open("rb") as stream:
        execute(postgres, "pg_restore", "-f", "/dev/null", given=stream)


def load(postgres: str, service: str, file: Path) -> None:
    """In place of whatever the service has there; all or nothing, once its old tables are gone."""
    sweep = f"SET lock_timeout = '10s'; DROP OWNED BY {service}, {service}_owner"
    execute(postgres, *PSQL, service, "-c", sweep)
    with file.open("rb") as stream:
        execute(postgres, "pg_restore", "-U", "postgres", "-d", service, "--single-transaction", given=stream)
    execute(postgres, *PSQL, service, "-c", "ANALYZE")


def make_roles(postgres: str) -> None:
    """And databases; tables that a service owned are its owner's then. Makes what is missing on the server,
    and changes nothing else.
    """
    execute(postgres, "bash", "/docker-entrypoint-initdb.d/10-services.sh")


def tables(postgres: str, service: str) -> dict[str, Any]:
    """Revision and rows of each table of a service as they are now; empty where it has no tables."""
    session = _Session(postgres, service)
    try:
        return _tables(session)
    finally:
        session.close()


def _freeze(sessions: dict[str, _Session]) -> tuple[datetime, int, dict[str, str]]:
    for service, session in sessions.items():
        if not session.ask("SELECT 1 FROM pg_tables WHERE tablename = 'outbox'"):
            raise Refused(f"{service} has no tables: there is nothing to back up")
    at = datetime.now(UTC)
    began = time.monotonic()
    for session in sessions.values():
        # The transaction's first SELECT, which is the one after the lock, fixes what it sees to its end.
        session.send(
            "BEGIN ISOLATION LEVEL REPEATABLE READ;"
            f"SET LOCAL lock_timeout = '{LOCK_S}s'; SAVEPOINT free; LOCK TABLE outbox IN SHARE MODE;"
        )
    for session in sessions.values():
        session.answer()
    for session in sessions.values():
        session.send("ROLLBACK TO SAVEPOINT free; RELEASE SAVEPOINT free; SELECT pg_export_snapshot();")
    snapshots = {service: session.answer()[0][0] for service, session in sessions.items()}
    return at, round((time.monotonic() - began) * 1000), snapshots


def _tables(session: _Session) -> dict[str, Any]:
    if not session.ask("SELECT 1 FROM pg_tables WHERE tablename = 'alembic_version'"):
        return {}
    (revision,) = session.ask("SELECT version_num FROM alembic_version")
    rows = {name: int(count) for name, count in session.ask(_COUNTS)}
    found = {"revision": revision[0], "rows": rows}
    if session.ask("SELECT 1 FROM pg_tables WHERE tablename = 'alembic_version_chassis'"):
        ((found["chassis"],),) = session.ask("SELECT version_num FROM alembic_version_chassis")
    return found

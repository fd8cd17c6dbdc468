"""Guards are put on the tables of a service that goes on working."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, Thread

import pytest
from sqlalchemy import text

from chassis.database.engine import Database
from chassis.database.guards import missing_guards
from chassis.database.migrations import metadata_of, upgrade

SERVICE = "registration"


def _unguarded(url: str) -> None:
    database = Database(url)
    upgrade(SERVICE, database)
    with database.begin() as conn:
        for name in ("arrivals__removal_is_noted", "inbox__removal_is_noted"):
            conn.execute(text(f"DROP TRIGGER {name} ON {name.partition('__')[0]}"))
    database.dispose()


@pytest.mark.postgresql
def test_a_service_that_writes_and_the_guards_do_not_wait_for_each_other(
    postgresql_url: Callable[..., str],
) -> None:
    """A batch has written to one table, and goes on to one that comes before it in the alphabet."""
    database = Database(postgresql_url(SERVICE, _unguarded))
    writes, failed = Event(), list[BaseException]()

    def batch() -> None:
        try:
            with database.begin() as conn:
                conn.execute(text("LOCK TABLE inbox IN ROW EXCLUSIVE MODE"))
                writes.set()
                _until_somebody_waits(database)
                conn.execute(text("LOCK TABLE arrivals IN ROW EXCLUSIVE MODE"))
        except BaseException as error:
            failed.append(error)

    thread = Thread(target=batch)
    thread.start()
    assert writes.wait(10)
    upgrade(SERVICE, database)
    thread.join(20)
    assert not failed, failed
    with database.read() as conn:
        assert missing_guards(conn, metadata_of(SERVICE)) == {}


def _until_somebody_waits(database: Database) -> None:
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'inbox'::regclass")
    deadline = time.monotonic() + 5
    with database.read() as conn:
        while not conn.execute(waiting).scalar_one():
            assert time.monotonic() < deadline, "nobody waits for the table"
            time.sleep(0.02)


@pytest.mark.postgresql
def test_what_failed_is_said_and_not_what_came_after(
    postgresql_url: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(postgresql_url(SERVICE, _unguarded))
    wrong = {"arrivals__removal_is_noted": "CREATE TRIGGER nonsense"}
    monkeypatch.setattr("chassis.database.guards.missing_guards", lambda *_: wrong)
    with pytest.raises(Exception, match="syntax error"):
        upgrade(SERVICE, database)
    monkeypatch.undo()
    upgrade(SERVICE, database)

"""One replica at a time, by the database's clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import MetaData, update

from chassis.database import leases
from chassis.database.engine import Database
from chassis.database.leases import LEASES, give_back, holder_name, take
from chassis.database.statements import database_now
from chassis.database.tables import chassis_tables
from tests.waiting import PATIENCE_S

MINUTE = timedelta(minutes=1)


def prepare(url: str) -> None:
    database = Database(url)
    metadata = MetaData()
    chassis_tables(metadata)
    metadata.create_all(database.engine)
    database.dispose()


@pytest.fixture
def database(database_url: Callable[..., str]) -> Iterator[Database]:
    database = Database(database_url("trial", prepare))
    yield database
    database.dispose()


def taken(database: Database, holder: str, name: str = "plan") -> bool:
    with database.begin() as conn:
        return take(conn, name, holder, MINUTE)


def run_out(database: Database) -> None:
    """Every lease, as when its time has gone by."""
    with database.begin() as conn:
        conn.execute(update(LEASES).values(until=datetime(2020, 1, 1, tzinfo=UTC)))


def test_only_the_first_holder_has_a_lease_and_renews_it(database: Database) -> None:
    assert taken(database, "one")
    assert not taken(database, "two")
    assert taken(database, "one")
    assert not taken(database, "two")


def test_leases_of_different_names_know_nothing_of_each_other(database: Database) -> None:
    assert taken(database, "one", "plan") and taken(database, "two", "remind")


def test_a_lease_that_ran_out_is_taken_over_and_the_old_holder_is_out(database: Database) -> None:
    assert taken(database, "one")
    assert not taken(database, "two")
    run_out(database)
    assert taken(database, "two")
    assert not taken(database, "one")


def test_a_lease_given_back_is_free_at_once_and_only_its_holder_can(database: Database) -> None:
    assert taken(database, "one")
    with database.begin() as conn:
        give_back(conn, "plan", "two")
    assert not taken(database, "two")
    with database.begin() as conn:
        give_back(conn, "plan", "one")
    assert taken(database, "two")


@pytest.mark.parametrize("state", ["new", "run out"])
def test_of_many_at_once_exactly_one_gets_it(database: Database, state: str) -> None:
    if state == "run out":
        assert taken(database, "dead")
        run_out(database)
    together = Barrier(4)

    def try_it(holder: str) -> bool:
        together.wait(PATIENCE_S)
        return taken(database, holder)

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(try_it, ["a", "b", "c", "d"]))
    assert won.count(True) == 1


def test_a_lease_is_measured_by_the_databases_clock(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replica whose own clock is wrong takes nothing from another."""
    with database.begin() as conn:
        assert abs(database_now(conn) - datetime.now(UTC)) < MINUTE
    assert taken(database, "one")
    monkeypatch.setattr(leases, "datetime", None, raising=False)
    monkeypatch.setattr(time, "time", lambda: 4e9)
    assert not taken(database, "two")


def test_a_lease_from_before_the_clock_was_set_back_is_over(database: Database) -> None:
    """Else, for as long as it was set back, no replica would run timers or sweep the outbox."""
    assert taken(database, "one")
    with database.begin() as conn:
        conn.execute(update(LEASES).values(until=database_now(conn) + 1.75 * MINUTE))
    assert not taken(database, "two"), "by less than its length it may be another's"
    with database.begin() as conn:
        conn.execute(update(LEASES).values(until=database_now(conn) + timedelta(days=1)))
    assert taken(database, "two")
    assert not taken(database, "one")


def test_every_process_and_start_is_another_holder() -> None:
    assert holder_name() != holder_name()
    assert len(holder_name()) <= 100

"""One replica at a time, by the database's clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Barrier
from types import SimpleNamespace

import pytest
from sqlalchemy import MetaData, select, update

from chassis.database import leases
from chassis.database.engine import Database
from chassis.database.leases import LASTING, LEASES, RENEW_EVERY_S, Leases, give_back, holder_name, take
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


@dataclass
class Hands:
    """Of a monotonic clock and the database's, which a test moves together."""

    database: Database
    now: float = 1000.0

    def go_on(self, seconds: float) -> None:
        self.now += seconds
        with self.database.begin() as conn:
            found = conn.execute(select(LEASES.c.name, LEASES.c.until)).all()
            for name, until in found:
                earlier = update(LEASES).where(LEASES.c.name == name)
                conn.execute(earlier.values(until=until - timedelta(seconds=seconds)))


@pytest.fixture
def hands(database: Database, monkeypatch: pytest.MonkeyPatch) -> Hands:
    hands = Hands(database)
    monkeypatch.setattr(leases, "time", SimpleNamespace(monotonic=lambda: hands.now))
    return hands


def test_a_process_that_lives_keeps_what_it_holds_however_seldom_it_works(
    database: Database, hands: Hands
) -> None:
    one, two = Leases(database), Leases(database)
    assert one.take("hourly") and one.take("plan")
    for _ in range(30):
        hands.go_on(RENEW_EVERY_S)
        one.renew()
    assert not two.take("hourly") and not two.take("plan")
    assert one.take("hourly") and one.take("plan")


def test_what_a_dead_process_held_is_free_after_some_seconds_also_of_an_hourly_timer(
    database: Database, hands: Hands
) -> None:
    dead, other = Leases(database), Leases(database)
    assert dead.take("hourly")
    hands.go_on(LASTING.total_seconds() - 1)
    assert not other.take("hourly")
    hands.go_on(2)
    assert other.take("hourly")


def test_who_was_held_up_renews_nothing_that_another_has_taken(database: Database, hands: Hands) -> None:
    one, two = Leases(database), Leases(database)
    assert one.take("plan") and one.take("remind")
    hands.go_on(LASTING.total_seconds() + 1)
    assert two.take("plan")
    one.renew()
    assert not one.take("plan") and two.take("plan")
    assert one.take("remind") and not two.take("remind"), "nobody wanted it meanwhile"


def test_what_is_given_back_is_renewed_no_more(database: Database, hands: Hands) -> None:
    one, two = Leases(database), Leases(database)
    assert one.take("plan")
    one.give_back("plan")
    one.renew()
    assert two.take("plan") and not one.take("plan")


def test_between_two_turns_it_is_not_asked_for_again(
    database: Database, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a write for each turn of each timer were most of what an idle service does."""
    one = Leases(database)
    assert one.take("plan")
    monkeypatch.setattr(database, "begin", None)
    hands.now += RENEW_EVERY_S
    assert one.take("plan")


def test_a_replica_that_stands_still_while_it_asks_holds_up_no_other_lease(database: Database) -> None:
    if database.engine.dialect.name != "postgresql":
        pytest.skip("one writer at a time")
    ours = Leases(database)
    assert ours.take("plan") and ours.take("remind")
    with database.begin() as conn:  # of somebody who asks for one of them, and whose machine is paused
        conn.execute(select(LEASES).where(LEASES.c.name == "plan").with_for_update())
        before = _until(database)
        ours.renew()
        after = _until(database)
    assert after["remind"] > before["remind"] and after["plan"] == before["plan"]
    ours.renew()
    assert _until(database)["plan"] > before["plan"], "what was only passed over is renewed later"


def _until(database: Database) -> dict[str, datetime]:
    with database.read() as conn:
        return {row.name: row.until for row in conn.execute(select(LEASES))}

"""PostgreSQL goes away in the middle of the work: no attempt is counted, and all is done after it is back."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import psycopg
import pytest

from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from deploy.local import PrivatePostgres
from tests.integration.chassis.trial_service import Trial, place_event, prepare, running, write_down
from tests.waiting import eventually

pytestmark = [pytest.mark.broker, pytest.mark.postgresql, pytest.mark.slow]
_numbers = count(1)


@pytest.fixture(scope="module")
def own_postgres(nodes_directory: Path) -> Iterator[PrivatePostgres]:
    with PrivatePostgres(nodes_directory / "postgres-for-faults", fsync=False) as postgres:
        yield postgres


def slowly(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """So that a batch is under way whenever the server goes."""
    write_down(uow, events)
    time.sleep(0.05)


@pytest.fixture
def trial(broker_url: str, own_postgres: PrivatePostgres) -> Iterator[Trial]:
    url = own_postgres.create_database(f"away_{next(_numbers)}")
    prepare(url)
    yield Trial(broker_url, url, use_case=slowly, batch=20)
    own_postgres.resume()
    own_postgres.start()


def nothing_moved_toward_the_dead_letters(trial: Trial) -> bool:
    queues = ("doorstep.retry.1s", "trial.write_down.dead")
    return all(trial.messages_in(queue) == 0 for queue in queues)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_server_that_is_gone_for_a_while_costs_no_attempt_and_no_event(
    trial: Trial, own_postgres: PrivatePostgres, how: str
) -> None:
    trial.publish_events(*(place_event(n) for n in range(1, 601)))
    with running(trial):
        consumer = trial.consumers[0][0]
        eventually(lambda: len(trial.numbers()) >= 60)
        getattr(own_postgres, how)()
        eventually(lambda: not consumer.ready)
        assert "away" in consumer.reason
        until = time.monotonic() + 6
        while time.monotonic() < until:
            assert nothing_moved_toward_the_dead_letters(trial)
            time.sleep(0.5)
        own_postgres.start()
        eventually(lambda: trial.numbers() == list(range(1, 601)))
        assert consumer.ready and consumer.reason == ""
    assert nothing_moved_toward_the_dead_letters(trial) and trial.rows("dead_letters") == []
    assert sum(row.events for row in trial.rows("outbox")) == 600
    assert trial.messages_in(trial.queue) == 0


def test_an_event_failing_while_the_database_goes_away_loses_no_attempt(
    trial: Trial, own_postgres: PrivatePostgres
) -> None:
    """The batch fails for a bad event; during the pass event by event the server is restarted."""
    poison = place_event(5)
    poison["data"]["name"] = "poison"
    trial.publish_packed(*(poison if n == 5 else place_event(n) for n in range(1, 21)))
    with running(trial):
        eventually(lambda: len(trial.numbers()) >= 2)
        own_postgres.restart()
        eventually(lambda: len(trial.rows("dead_letters")) == 1)
        eventually(lambda: len(trial.numbers()) == 19)
    (letter,) = trial.rows("dead_letters")
    assert letter.event_id == "place-5" and letter.attempts == 3


def test_stopping_while_the_database_is_away_gives_everything_back(
    trial: Trial, own_postgres: PrivatePostgres
) -> None:
    trial.publish_events(*(place_event(n) for n in range(1, 401)))
    consumer = trial.start()
    eventually(lambda: len(trial.numbers()) >= 20)
    own_postgres.stop()
    eventually(lambda: not consumer.ready)
    began = time.monotonic()
    trial.stop()
    assert time.monotonic() - began < 20
    own_postgres.start()
    done = len(trial.numbers())
    eventually(lambda: trial.messages_in(trial.queue) >= 400 - done - 20)
    with running(trial):
        eventually(lambda: trial.numbers() == list(range(1, 401)))
    assert trial.rows("dead_letters") == []


def test_a_database_that_lets_nobody_in_is_the_world_and_not_the_work(
    broker_url: str, own_postgres: PrivatePostgres
) -> None:
    url = own_postgres.create_database(f"away_{next(_numbers)}")
    prepare(url)
    trial = Trial(broker_url, url)
    name = url.rpartition("/")[2]
    trial.publish_events(*(place_event(n) for n in range(1, 11)))
    open_to_all(own_postgres, name, False)
    with running(trial):
        consumer = trial.consumers[0][0]
        eventually(lambda: not consumer.ready and "away" in consumer.reason)
        assert nothing_moved_toward_the_dead_letters(trial)
        open_to_all(own_postgres, name, True)
        eventually(lambda: trial.numbers() == list(range(1, 11)))
    assert trial.rows("dead_letters") == []


def open_to_all(postgres: PrivatePostgres, database: str, allowed: bool) -> None:
    with psycopg.connect(postgres.url().replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS {allowed}")
        connection.execute(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
        )

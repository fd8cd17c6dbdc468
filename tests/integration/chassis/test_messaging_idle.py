"""While there is nothing to do, marks are written, connections stay, readiness comes back."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest
from amqp import Message as AmqpMessage
from prometheus_client import REGISTRY
from sqlalchemy.engine import Connection

from chassis.database.engine import LOCK_TIMEOUT_MS, STATEMENT_LIMIT_S, Database
from chassis.errors import WorldAway
from chassis.messaging import connection as connections
from chassis.messaging.connection import close_quietly, connect, stay_alive
from chassis.messaging.publisher import Publisher
from chassis.running.housekeeping import Chore, publishing
from chassis.telemetry import WORLD_AWAY
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from tests.integration.chassis.trial_service import Trial, place_event, prepare, running, write_down
from tests.waiting import eventually

pytestmark = pytest.mark.broker


class Flaky(Database):
    """Says when a transaction is open, and is away when a test wants it."""

    away = False
    inside = False

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        if self.away:
            raise WorldAway("as a test wants it")
        with super().begin() as conn:
            self.inside = True
            try:
                yield conn
            finally:
                self.inside = False


def test_a_consumer_without_work_is_ready_again_when_the_database_is(
    broker_url: str, sqlite_url: Callable[..., str]
) -> None:
    url = sqlite_url("trial", prepare)
    database = Flaky(url)

    def and_then_nothing_more(uow: UnitOfWork, events: Sequence[Event]) -> None:
        write_down(uow, events)
        database.away = True

    trial = Trial(broker_url, url, use_case=and_then_nothing_more)
    trial.work = replace(trial.work, database=database)
    trial.publish_events(place_event(1))
    with running(trial):
        consumer = trial.consumers[0][0]
        eventually(lambda: trial.numbers() == [1] and not consumer.ready)
        database.away = False
        eventually(lambda: consumer.ready and consumer.reason == "")
    assert all(row.published_at for row in trial.rows("outbox"))


def test_a_timer_that_seldom_publishes_finds_its_connection_alive_or_opens_another(
    broker_url: str, sqlite_url: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker closes connections whose heart does not beat."""
    monkeypatch.setattr(connections, "HEARTBEAT_S", 1)
    trial = Trial(broker_url, sqlite_url("trial", prepare))
    own, settled = publishing(trial.work, trial.settings, "trial.timer")
    versions = iter((1, 2))

    def tell() -> int:
        with own.unit() as uow:
            uow.record("task.planned", "case", next(versions), {}, cause=None)
        return 1

    once = settled(tell)
    once()
    time.sleep(4)
    once()
    assert [bool(row.published_at) for row in trial.rows("outbox")] == [True, True]


def test_a_turn_that_outlasts_the_brokers_patience_publishes_at_its_end(
    broker_url: str, sqlite_url: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gateway that hangs holds up the sender for longer than the broker waits for a heartbeat."""
    monkeypatch.setattr(connections, "HEARTBEAT_S", 1)
    trial = Trial(broker_url, sqlite_url("trial", prepare))
    own, settled = publishing(trial.work, trial.settings, "trial.sending")
    versions = iter((1, 2))

    def send() -> int:
        version = next(versions)
        time.sleep(4 * (version - 1))  # the second time, the gateway hangs
        with own.unit() as uow:
            uow.record("task.planned", "case", version, {}, cause=None)
        return 1

    chore = Chore("trial.sending", 1, settled(send))
    WORLD_AWAY.labels(chore.name)
    before = REGISTRY.get_sample_value(*_away(chore.name))
    assert [chore.once(), chore.once()] == [1, 1]
    assert REGISTRY.get_sample_value(*_away(chore.name)) == before
    assert [bool(row.published_at) for row in trial.rows("outbox")] == [True, True]


def _away(chore: str) -> tuple[str, dict[str, str]]:
    return "doorstep_world_away_total", {"handler": chore}


@pytest.mark.timeout(600)  # `make soak` keeps quiet for minutes
def test_a_quiet_connection_lives_whenever_its_last_message_came(broker_url: str) -> None:
    """The broker looks twice in a heartbeat whether it has sent anything, and if not sends a sign of life.

    A message just behind such a look makes the longest silence of all: the phases lie between two looks.
    """
    looks_every = connections.HEARTBEAT_S / 2
    phases = [looks_every * share for share in (0.02, 0.1, 0.25, 0.5, 0.75, 0.98)]
    opened = [connect(broker_url, f"phase {phase:.1f}") for phase in phases]
    sender = connect(broker_url, "sender")
    try:
        start = time.monotonic()
        queues = []
        for connection in opened:
            channel = connection.channel()
            queues.append(channel.queue_declare(exclusive=True).queue)
            channel.basic_consume(queues[-1], no_ack=True, callback=lambda _message: None)
        waiting = list(zip(phases, queues, strict=True))
        silence = connections.SILENCE_S + 60 * float(os.environ.get("DOORSTEP_SOAK_QUIET_MINUTES", "0"))
        quiet_until = start + 2 * looks_every + phases[-1] + silence + 1
        while time.monotonic() < quiet_until:
            while waiting and time.monotonic() >= start + looks_every + waiting[0][0]:
                sender.default_channel.basic_publish(AmqpMessage("x"), routing_key=waiting.pop(0)[1])
            for connection in (sender, *opened):
                stay_alive(connection)
            time.sleep(0.02)
        assert not waiting
    finally:
        for connection in (sender, *opened):
            close_quietly(connection)


def test_the_time_limits_fit_each_other() -> None:
    """A second is left for a busy machine, and for the way."""
    longest_silence_of_a_healthy_broker = connections.HEARTBEAT_S
    assert longest_silence_of_a_healthy_broker + 1 <= connections.SILENCE_S
    shortest_patience_of_the_broker = 2 * connections.HEARTBEAT_S
    assert shortest_patience_of_the_broker >= STATEMENT_LIMIT_S + 1
    assert STATEMENT_LIMIT_S >= LOCK_TIMEOUT_MS / 1000 + 1, (
        "who waits for a lock is told that it was the lock"
    )


def test_the_broker_is_not_talked_to_while_a_transaction_is_open(
    broker_url: str, sqlite_url: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever yields to the event loop with SQLite's one writer in hand stops everybody else."""
    url = sqlite_url("trial", prepare)
    trial = Trial(broker_url, url)
    database = Flaky(url)
    own, settled = publishing(replace(trial.work, database=database), trial.settings, "trial.timer")
    listen = Publisher._listen
    listened = 0

    def watched(publisher: Publisher) -> None:
        nonlocal listened
        listened += 1
        assert not database.inside
        listen(publisher)

    monkeypatch.setattr(Publisher, "_listen", watched)

    def tell() -> int:
        for version in range(1, 6):
            with own.unit() as uow:
                uow.record("task.planned", "case", version, {}, cause=None)
        return 1

    settled(tell)()
    assert listened
    assert all(row.published_at for row in trial.rows("outbox"))

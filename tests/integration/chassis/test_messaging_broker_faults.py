"""The broker is killed, stopped, frozen or out of memory: nothing is lost, nothing is done twice."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import Event, Thread

import psutil
import pytest

from chassis.messaging.connection import close_quietly, connect
from chassis.messaging.outbox import pending
from chassis.messaging.publisher import CONFIRM_LIMIT_S, NotPublished, Publisher
from chassis.messaging.topology import apply, shared_entities
from chassis.names import EVENTS
from chassis.running.housekeeping import chores
from contracts.envelope import ONE, dump_event
from deploy.local import PrivateBroker
from tests.integration.chassis.trial_service import Trial, place_event, prepare, running
from tests.waiting import PATIENCE_S, eventually

pytestmark = [pytest.mark.broker, pytest.mark.slow]
_numbers = count(1)


@pytest.fixture(scope="module")
def own_broker(nodes_directory: Path) -> Iterator[PrivateBroker]:
    with PrivateBroker(nodes_directory / "broker-for-faults") as broker:
        yield broker


@pytest.fixture
def own_url(own_broker: PrivateBroker) -> Iterator[str]:
    """An empty vhost of a broker that the test may break; it is put right again."""
    name = f"faults-{next(_numbers)}"
    own_broker.add_vhost(name)
    yield own_broker.url(name)
    if own_broker.pid:
        os.kill(own_broker.pid, signal.SIGCONT)
    own_broker.start()
    own_broker.delete_vhost(name)


@pytest.fixture
def trial(own_url: str, database_url: Callable[..., str]) -> Trial:
    return Trial(own_url, database_url("trial", prepare))


@contextmanager
def sweeping(trial: Trial) -> Iterator[None]:
    """The service's own sweep of the outbox, as its host runs it."""
    chore = next(c for c in chores(trial.service, trial.work, trial.settings) if c.name == "sweep")
    stopping = Event()

    def run() -> None:
        while not stopping.is_set():
            if not chore.once():
                stopping.wait(0.3)

    thread = Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(PATIENCE_S)


def publish_all(trial: Trial, numbers: range) -> None:
    """Publish as the client library does: again until it is confirmed."""
    left = {str(n): dump_event(place_event(n)) for n in numbers}
    publisher = Publisher(trial.broker_url, "load", limit_s=5)

    def all_confirmed() -> bool:
        try:
            for key, body in list(left.items()):
                publisher.send(key, EVENTS, "place.changed", body, content_type=ONE, on_confirmed=left.pop)
            publisher.wait()
        except NotPublished:
            return False
        return not left

    eventually(all_confirmed, every=0.2, show=lambda: f"{len(left)} not published")
    publisher.drop()


def all_published(trial: Trial) -> bool:
    with trial.database.read() as conn:
        return pending(conn)[0] == 0


def test_a_broker_killed_in_the_middle_of_a_window_keeps_everything_it_confirmed(
    own_broker: PrivateBroker, own_url: str
) -> None:
    connection = connect(own_url, "test")
    apply(connection, shared_entities((1,)))
    channel = connection.channel()
    quorum = {"x-queue-type": "quorum"}
    channel.queue_declare("kept", durable=True, auto_delete=False, arguments=quorum)
    channel.queue_bind("kept", EVENTS, "task.planned")
    publisher, taken = Publisher(own_url, "test", limit_s=PATIENCE_S), []
    for number in range(50):
        publisher.send(
            str(number), EVENTS, "task.planned", b"{}", content_type=ONE, on_confirmed=taken.append
        )
    publisher.wait()
    own_broker.write_queues_down()
    close_quietly(connection)

    def kill_when_some_are_confirmed() -> None:
        eventually(lambda: len(taken) >= 300, every=0.001)
        own_broker.kill()

    killer = Thread(target=kill_when_some_are_confirmed)
    killer.start()
    with pytest.raises(NotPublished):
        for number in range(50, 100_000):
            publisher.send(
                str(number), EVENTS, "task.planned", b"{}", content_type=ONE, on_confirmed=taken.append
            )
        publisher.wait()
    killer.join(PATIENCE_S)
    assert publisher.unconfirmed == 0
    confirmed = set(taken)
    own_broker.start()

    def there() -> int:
        connection = connect(own_url, "test")
        try:
            declared = connection.channel().queue_declare("kept", passive=True)
            return int(declared.message_count)
        finally:
            close_quietly(connection)

    eventually(lambda: there() >= len(confirmed))


def test_a_frozen_broker_is_given_up_within_the_limit_and_nothing_is_marked(
    own_broker: PrivateBroker, trial: Trial
) -> None:
    with trial.work.unit() as uow:
        for n in range(1, 6):
            uow.record("task.planned", f"c{n}", 1, {}, cause=None)
    publisher, taken = Publisher(trial.broker_url, "test", limit_s=2), []
    publisher.send("1", EVENTS, "task.planned", b"{}", content_type=ONE, on_confirmed=taken.append)
    publisher.wait()
    assert own_broker.pid
    frozen = beam_of(own_broker.pid)
    os.kill(frozen, signal.SIGSTOP)
    eventually(lambda: psutil.Process(frozen).status() == psutil.STATUS_STOPPED)
    try:
        began = time.monotonic()
        publisher.send("2", EVENTS, "task.planned", b"{}", content_type=ONE, on_confirmed=taken.append)
        with pytest.raises(NotPublished):
            publisher.wait()
        assert time.monotonic() - began < CONFIRM_LIMIT_S
    finally:
        os.kill(frozen, signal.SIGCONT)
    assert taken == ["1"] and not all_published(trial)


def test_under_a_memory_alarm_consuming_goes_on_and_publishing_waits_in_the_outbox(
    own_broker: PrivateBroker, own_url: str, database_url: Callable[..., str]
) -> None:
    trial = Trial(own_url, database_url("trial", prepare), batch=20)
    publish_all(trial, range(1, 301))
    own_broker.rabbitmqctl("set_vm_memory_high_watermark", "0.000001")
    try:
        with running(trial, outlet_limit_s=2.0), sweeping(trial):
            eventually(lambda: trial.numbers() == list(range(1, 301)))
            eventually(lambda: trial.messages_in(trial.queue) == 0)
            assert not all_published(trial), "the alarm was on, or this proves nothing"
            own_broker.rabbitmqctl("set_vm_memory_high_watermark", "0.4")
            eventually(lambda: all_published(trial))
    finally:
        own_broker.rabbitmqctl("set_vm_memory_high_watermark", "0.4")
    assert trial.rows("dead_letters") == []
    assert sum(row.events for row in trial.rows("outbox")) == 300


def test_a_broker_stopped_and_started_under_load_loses_and_doubles_nothing(
    own_broker: PrivateBroker, trial: Trial
) -> None:
    load = Thread(target=publish_all, args=(trial, range(1, 1501)), daemon=True)
    with running(trial), sweeping(trial):
        load.start()
        eventually(lambda: len(trial.numbers()) > 100)
        own_broker.stop()
        consumer = trial.consumers[0][0]
        eventually(lambda: not consumer.ready)
        own_broker.start()
        eventually(lambda: consumer.ready)
        load.join(PATIENCE_S)
        assert not load.is_alive()
        eventually(lambda: trial.numbers() == list(range(1, 1501)))
        eventually(lambda: all_published(trial))
    assert trial.rows("dead_letters") == []
    assert sum(row.events for row in trial.rows("outbox")) == 1500
    assert trial.messages_in("doorstep.retry.1s") == 0


def test_a_broker_killed_under_load_loses_and_doubles_nothing(
    own_broker: PrivateBroker, trial: Trial
) -> None:
    own_broker.write_queues_down()
    load = Thread(target=publish_all, args=(trial, range(1, 1001)), daemon=True)
    with running(trial), sweeping(trial):
        load.start()
        eventually(lambda: len(trial.numbers()) > 100)
        own_broker.kill()
        own_broker.start()
        load.join(PATIENCE_S)
        assert not load.is_alive()
        eventually(lambda: trial.numbers() == list(range(1, 1001)))
        eventually(lambda: all_published(trial))
    assert trial.rows("dead_letters") == []
    assert sum(row.events for row in trial.rows("outbox")) == 1000


def beam_of(pid: int) -> int:
    """The Erlang machine itself, which rabbitmq-server's shell script may have started as a child."""
    while True:
        if Path(f"/proc/{pid}/comm").read_text().startswith("beam"):
            return pid
        (pid,) = map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[:1])

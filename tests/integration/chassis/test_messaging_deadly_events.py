"""An event that kills whoever takes it: its neighbours live, and it ends as a dead letter."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chassis.messaging import dead_letters, dead_queues
from chassis.messaging.dead_queues import DeadQueueDrain
from chassis.messaging.topology import dead_name
from chassis.names import ROUTING_KEY
from chassis.telemetry import DEAD_LETTERS, MESSAGES
from contracts.envelope import dump_event
from deploy.local import PrivateBroker
from tests.bad_rows import retry, stuck
from tests.integration.chassis.trial_process import DIED
from tests.integration.chassis.trial_service import Trial, place_event, prepare, sealer
from tests.processes import start
from tests.waiting import PATIENCE_S, eventually

pytestmark = [pytest.mark.broker, pytest.mark.slow]
ROOT = Path(__file__).parents[3]


class Supervised:
    """Starts the process again each time it dies, as compose does."""

    def __init__(self, trial: Trial) -> None:
        self._command = [sys.executable, "-m", "tests.integration.chassis.trial_process"]
        self._command += [trial.broker_url, trial.database_url]
        self.lives: list[list[int]] = []
        """Of each life the sizes of the batches it began."""
        self._process: subprocess.Popen[str] | None = None

    def live_once(self, until: Callable[[], bool] = lambda: False) -> int | None:
        """Run until it dies (its exit code), or until that is so (None)."""
        self._process = start(self._command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        process = self._process
        eventually(lambda: process.poll() is not None or until(), every=0.1)
        if lived := process.poll() is None:
            self._process.terminate()
        out, _ = self._process.communicate(timeout=PATIENCE_S)
        self.lives.append(sizes(out))
        return None if lived else self._process.returncode

    def end(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait(PATIENCE_S)


def sizes(out: str) -> list[int]:
    return [int(line) for line in out.splitlines() if line.isdecimal()]


@pytest.fixture
def trial(broker_url: str, sqlite_url: Callable[..., str]) -> Trial:
    return Trial(broker_url, sqlite_url("trial", prepare))


@pytest.fixture
def process(trial: Trial) -> Iterator[Supervised]:
    supervised = Supervised(trial)
    yield supervised
    supervised.end()


def deadly(n: int) -> dict[str, Any]:
    event = place_event(n)
    event["data"]["name"] = "deadly"
    return event


def test_after_three_deaths_events_go_one_at_a_time_and_the_innocent_are_handled(
    trial: Trial, process: Supervised
) -> None:
    trial.publish_events(*(deadly(n) if n == 15 else place_event(n) for n in range(1, 31)))
    others = [n for n in range(1, 31) if n != 15]
    for _ in range(8):
        assert process.live_once() == DIED
        if trial.numbers() == others:
            break
    assert trial.numbers() == others
    assert [len(life) for life in process.lives[:3]] == [1, 1, 1], "all at once, three times"
    assert set(process.lives[-1]) == {1}, "then one by one"
    assert trial.rows("dead_letters") == []
    eventually(lambda: trial.messages_in(trial.queue) == 1)


def test_new_events_are_handled_while_the_deadly_one_goes_round(trial: Trial, process: Supervised) -> None:
    trial.publish_events(deadly(1))
    for _ in range(4):
        assert process.live_once() == DIED
    for wave in range(3):
        fresh = range(10 * wave + 2, 10 * wave + 12)
        trial.publish_events(*(place_event(n) for n in fresh))
        for _ in range(3):
            assert process.live_once() == DIED
            if set(fresh) <= set(trial.numbers()):
                break
        assert set(fresh) <= set(trial.numbers())
    assert trial.rows("dead_letters") == []


def test_an_event_that_the_broker_gives_up_on_becomes_a_dead_letter_with_its_id(
    trial: Trial, process: Supervised, broker: PrivateBroker, vhost: str
) -> None:
    policy = json.dumps({"delivery-limit": 6})
    broker.rabbitmqctl("set_policy", "-p", vhost, "limit", "^trial", policy, "--apply-to", "queues")
    trial.publish_events(*(deadly(n) if n == 3 else place_event(n) for n in range(1, 6)))

    def given_up() -> bool:
        return trial.messages_in(dead_name(trial.queue)) == 1 and trial.messages_in(trial.queue) == 0

    for _ in range(12):
        if process.live_once(until=given_up) is None:
            break
    assert trial.numbers() == [1, 2, 4, 5], "no innocent event was given up on"
    eventually(lambda: trial.messages_in(dead_name(trial.queue)) == 1)
    drain = DeadQueueDrain(trial.service, trial.work, trial.settings)
    assert drain.drain() == 1 and drain.drain() == 0
    (letter,) = trial.rows("dead_letters")
    assert letter.handler == trial.queue and letter.headers["doorstep-routing-key"] == "place.changed"
    assert "consumer died" in letter.error
    assert (letter.source, letter.event_id, letter.event_type) == ("/test", "place-3", "place.changed")
    assert json.loads(sealer().unseal(letter.sealed_body, dead_letters.PURPOSE))["id"] == "place-3"
    assert [name for name in letter.headers if name.startswith("x-")] == []
    assert trial.messages_in(dead_name(trial.queue)) == 0


def test_each_event_of_a_packed_message_given_up_on_becomes_its_own_dead_letter(
    trial: Trial,
) -> None:
    packed = b"[" + b",".join(dump_event(place_event(n)) for n in (1, 2, 3)) + b"]"
    to_dead_queue(trial, packed, "application/cloudevents-batch+json")
    assert drained(trial) == 3
    assert sorted(letter.event_id for letter in trial.rows("dead_letters")) == [
        "place-1",
        "place-2",
        "place-3",
    ]


def test_a_bad_event_of_a_packed_message_given_up_on_takes_no_neighbour_along(trial: Trial) -> None:
    packed = b"[" + dump_event(place_event(1)) + b"," + dump_event(place_event(2) | {"time": "soon"}) + b"]"
    to_dead_queue(trial, packed, "application/cloudevents-batch+json")
    assert drained(trial) == 2
    errors = {letter.event_id: letter.error for letter in trial.rows("dead_letters")}
    assert "cannot be read" not in errors["place-1"]
    assert errors["place-2"].endswith("cannot be read: time is not RFC 3339")


def test_a_message_nobody_can_read_and_with_odd_headers_is_drained_whole(trial: Trial) -> None:
    odd: dict[str, Any] = {
        "bytes": b"\xff\x00",
        "list": [1],
        "price": None,
        "x-death": [{"count": 1}],
        "n": 5,
    }
    to_dead_queue(trial, b"\xff\xfe{", "text/" + "x" * 240, odd)
    to_dead_queue(trial, dump_event(place_event(1)), "application/cloudevents+json")
    assert drained(trial) == 2
    unreadable = next(letter for letter in trial.rows("dead_letters") if letter.event_id is None)
    assert unreadable.headers["n"] == 5 and "x-death" not in unreadable.headers


def test_a_message_whose_ack_was_lost_is_buried_and_counted_once(trial: Trial) -> None:
    """It comes again with its events; a second one that only looks like it waits as a letter of its own."""
    counted = (DEAD_LETTERS.labels(trial.queue), MESSAGES.labels(trial.queue, "dead"))
    before = [counter._value.get() for counter in counted]
    packed = b"[" + b",".join(dump_event(place_event(n)) for n in (1, 2)) + b"]"
    for _ in range(2):
        to_dead_queue(trial, packed, "application/cloudevents-batch+json")
        assert drained(trial) == 2
    to_dead_queue(trial, dump_event(place_event(1, source="/another")), "application/cloudevents+json")
    assert drained(trial) == 3
    assert [counter._value.get() for counter in counted] == [value + 3 for value in before]


def test_a_message_that_cannot_be_taken_apart_is_buried_as_it_came(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = dead_letters.of_broker

    def of_broker(handler: str, message: Any, index: Any) -> Any:
        if b"place-2" in dead_letters.wire_in(message).body:
            raise KeyError("a bug")
        return read(handler, message, index)

    monkeypatch.setattr(dead_letters, "of_broker", of_broker)
    for n in (1, 2, 3):
        died = {"queue": trial.queue, "exchange": "doorstep", "routing-keys": ["place.changed"]}
        headers = {"x-death": [died], ROUTING_KEY: "arrival.reported.police"}
        to_dead_queue(trial, dump_event(place_event(n)), "application/cloudevents+json", headers)
    assert drained(trial) == 3
    [bare] = [letter for letter in trial.rows("dead_letters") if letter.event_id is None]
    assert "KeyError" in bare.error and "a bug" not in bare.error
    assert bare.headers == {ROUTING_KEY: "place.changed"}, "of the broker, not of the sender"
    assert json.loads(sealer().unseal(bare.sealed_body, dead_letters.PURPOSE))["id"] == "place-2"


def test_a_message_that_cannot_be_buried_holds_up_no_other_and_is_tried_again(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    bury = dead_letters.bury
    tried = []

    def fails(conn: Any, sealer: Any, letters: Any) -> Any:
        if any(b"place-1" in letter.wire.body for letter in letters):
            tried.append(1)
            raise KeyError("a bug")
        return bury(conn, sealer, letters)

    monkeypatch.setattr(dead_letters, "bury", fails)
    for n in (1, 2, 3):
        to_dead_queue(trial, dump_event(place_event(n)), "application/cloudevents+json")
    drain = DeadQueueDrain(trial.service, trial.work, trial.settings)
    assert drain.drain() == 2 and len(tried) == 2, "apart, and as it came"
    assert sorted(letter.event_id for letter in trial.rows("dead_letters")) == ["place-2", "place-3"]
    [found] = stuck(trial.database)
    assert (found.chore, found.row.table) == ("trial.dead_letters", dead_name(trial.queue))
    eventually(lambda: trial.messages_in(dead_name(trial.queue)) == 1)
    assert drain.drain() == 0 and len(tried) == 2, "it is left alone for an hour"
    got = []
    monkeypatch.setattr(dead_queues, "_next", lambda channel, queue: got.append(queue))
    drain.drain()
    assert dead_name(trial.queue) not in got, "each time would count as a delivery"
    monkeypatch.undo()
    eventually(lambda: trial.messages_in(dead_name(trial.queue)) == 1)
    retry(trial.database)
    assert drained(trial) == 3 and not stuck(trial.database)


def to_dead_queue(
    trial: Trial, body: bytes, content_type: str, headers: dict[str, Any] | None = None
) -> None:
    from amqp import Message as AmqpMessage

    from chassis.messaging.connection import close_quietly, connect

    connection = connect(trial.broker_url, "test")
    before = trial.messages_in(dead_name(trial.queue))
    message = AmqpMessage(body, content_type=content_type, delivery_mode=2, application_headers=headers or {})
    connection.channel().basic_publish_confirm(message, exchange="", routing_key=dead_name(trial.queue))
    eventually(lambda: trial.messages_in(dead_name(trial.queue)) > before)
    close_quietly(connection)


def drained(trial: Trial) -> int:
    """How many dead letters it made."""
    drain = DeadQueueDrain(trial.service, trial.work, trial.settings)
    while drain.drain():
        pass
    assert trial.messages_in(dead_name(trial.queue)) == 0
    return len(trial.rows("dead_letters"))

"""Exchanges and queues on a real broker: what goes where, and what a difference leads to."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any

import pytest
from amqp import Channel
from amqp import Message as AmqpMessage
from kombu import Connection, Queue

from chassis.handlers import Handler, Service
from chassis.messaging import connection as connections
from chassis.messaging import topology
from chassis.messaging.connection import close_quietly, connect
from chassis.messaging.publisher import Publisher
from chassis.messaging.topology import (
    Declared,
    Entity,
    TopologyDiffers,
    apply,
    check,
    retry_name,
    service_entities,
    shared_entities,
)
from chassis.names import ARRIVALS, EVENTS, REPLIES, UNROUTED
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import ONE, Event
from tests.integration.chassis.trial_service import Trial, place_event, prepare, running, write_down
from tests.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.broker

SERVICE = Service("trial", (Handler("write_down", ("place.changed",), write_down),))


@pytest.fixture
def connection(broker_url: str) -> Iterator[Connection]:
    connection = connect(broker_url, "test")
    yield connection
    close_quietly(connection)


@pytest.fixture
def channel(connection: Connection) -> Channel:
    return connection.channel()


@pytest.fixture
def trial(broker_url: str, sqlite_url: Callable[..., str]) -> Trial:
    return Trial(broker_url, sqlite_url("trial", prepare))


def everything() -> list[Any]:
    return [*shared_entities((1, 5)), *service_entities(SERVICE)]


def count(channel: Channel, queue: str) -> int:
    return int(channel.queue_declare(queue, passive=True).message_count)


def put(channel: Channel, exchange: str, key: str, headers: dict[str, Any] | None = None) -> None:
    body = json.dumps(place_event(1), default=str)
    message = AmqpMessage(body, content_type=ONE, delivery_mode=2, application_headers=headers or {})
    channel.basic_publish_confirm(message, exchange=exchange, routing_key=key)


def test_applying_twice_changes_nothing_and_check_is_content(connection: Connection) -> None:
    apply(connection, everything())
    apply(connection, everything())
    assert check(connection, everything()) == []


def test_every_queue_is_a_quorum_queue_and_each_work_queue_has_its_own_dead_queue() -> None:
    queues = {entity.name: entity.queue_arguments for entity in everything() if isinstance(entity, Queue)}
    assert {arguments["x-queue-type"] for arguments in queues.values()} == {"quorum"}
    work = queues["trial.write_down"]
    assert (work["x-dead-letter-exchange"], work["x-dead-letter-routing-key"]) == (
        "",
        "trial.write_down.dead",
    )
    assert work["x-dead-letter-strategy"] == "at-least-once" and work["x-overflow"] == "reject-publish"
    assert "trial.write_down.dead" in queues
    assert queues["doorstep.retry.5s"]["x-message-ttl"] == 5000


def test_check_names_what_is_missing_and_makes_nothing(connection: Connection) -> None:
    missing = {difference.name for difference in check(connection, everything())}
    assert {"doorstep.events", "trial.write_down", "trial.write_down.dead", "doorstep.retry.5s"} <= missing
    assert {one.what for one in check(connection, everything())} == {"missing"}


def test_consumers_of_a_process_declare_once_and_again_after_a_loss(
    connection: Connection, channel: Channel
) -> None:
    declared = Declared(SERVICE, (1, 5))
    declared.ensure(connection, -math.inf)
    assert check(connection, everything()) == []
    channel.queue_delete("trial.write_down")
    declared.ensure(connection, -math.inf)
    assert [one.name for one in check(connection, everything())] == ["trial.write_down"]
    lost = time.monotonic()
    declared.ensure(connection, lost)
    assert check(connection, everything()) == []
    channel.queue_delete("trial.write_down")
    declared.ensure(connection, lost)
    assert check(connection, everything()), (
        "another one that lost its connection with the first finds it done"
    )


def test_at_a_busy_broker_one_consumer_declares_and_the_others_stay_connected_until_it_has(
    connection: Connection, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEARTBEAT_S", 1)  # the broker gives us up after 2 s
    made: list[str] = []
    declare = topology._declare

    def slowly(entity: Entity, channel: Channel) -> None:
        time.sleep((topology._STUCK_S + 1.5) / len(everything()))  # all together longer than is waited
        made.append(entity.name)
        declare(entity, channel)

    monkeypatch.setattr(topology, "_declare", slowly)
    declared = Declared(SERVICE, (1, 5))
    one = threading.Thread(target=declared.ensure, args=(connection, -math.inf))
    one.start()
    eventually(lambda: made)
    with closing(connect(broker_url, "another")) as another:
        declared.ensure(another, -math.inf)
        one.join()
        assert check(another, everything()) == []
    assert len(made) == len(everything())


def test_nobody_waits_for_a_consumer_that_is_stuck_as_it_declares(
    connection: Connection, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topology, "_STUCK_S", 0.1)
    declared, answered = Declared(SERVICE, (1, 5)), threading.Event()
    declare, begun = topology._declare, threading.Event()
    in_time: list[bool] = []

    def stuck(entity: Entity, channel: Channel) -> None:
        if threading.current_thread() is one and not begun.is_set():
            begun.set()
            in_time.append(answered.wait(PATIENCE_S))
        declare(entity, channel)

    monkeypatch.setattr(topology, "_declare", stuck)
    one = threading.Thread(target=declared.ensure, args=(connection, -math.inf))
    one.start()
    assert begun.wait(PATIENCE_S)
    with closing(connect(broker_url, "another")) as another:
        declared.ensure(another, -math.inf)
        assert check(another, everything()) == []
    answered.set()
    one.join()
    assert in_time == [True], "it was stuck until then"


def test_what_one_consumer_fails_to_declare_the_next_tries_again(
    connection: Connection, channel: Channel
) -> None:
    channel.queue_declare("trial.write_down", durable=True, auto_delete=False)
    declared = Declared(SERVICE, (1, 5))
    for _ in range(2):
        with pytest.raises(TopologyDiffers):
            declared.ensure(connection, -math.inf)


def test_check_spells_out_how_a_queue_differs(connection: Connection, channel: Channel) -> None:
    apply(connection, everything())
    channel.queue_delete("trial.write_down")
    channel.queue_declare(
        "trial.write_down", durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"}
    )
    (difference,) = check(connection, everything())
    assert difference.name == "trial.write_down"
    assert "inequivalent arg 'x-" in difference.what and "received" in difference.what
    with pytest.raises(TopologyDiffers, match=r"trial\.write_down: .*inequivalent arg"):
        apply(connection, everything())


def test_a_service_whose_queue_differs_says_why_it_is_not_ready_and_recovers(
    trial: Trial, channel: Channel
) -> None:
    channel.queue_delete(trial.queue)
    channel.queue_declare(trial.queue, durable=True, auto_delete=False)
    with running(trial):
        consumer = trial.consumers[0][0]
        eventually(lambda: "inequivalent arg" in consumer.reason)
        assert not consumer.ready and trial.queue in consumer.reason
        channel.queue_delete(trial.queue)
        eventually(lambda: consumer.ready)
        assert consumer.reason == ""
        trial.publish_events(place_event(1))
        eventually(lambda: trial.numbers() == [1])


def test_an_event_that_should_have_a_listener_and_has_none_is_seen(
    connection: Connection, channel: Channel
) -> None:
    apply(connection, shared_entities((1,)))
    put(channel, EVENTS, "place.changed")
    eventually(lambda: count(channel, UNROUTED) == 1)


def test_an_event_that_is_declared_to_have_no_listener_is_no_alarm(
    connection: Connection, channel: Channel
) -> None:
    apply(connection, shared_entities((1,)))
    put(channel, EVENTS, "task.planned")
    put(channel, EVENTS, "message.accepted")
    put(channel, EVENTS, "place.changed")  # comes after them on the same channel
    eventually(lambda: count(channel, UNROUTED) == 1)


@pytest.mark.parametrize(("exchange", "key"), [(ARRIVALS, "no.such.key"), (REPLIES, "nobody")])
def test_unroutable_reports_and_replies_end_in_the_unrouted_queue(
    connection: Connection, channel: Channel, exchange: str, key: str
) -> None:
    apply(connection, shared_entities((1,)))
    put(channel, exchange, key)
    eventually(lambda: count(channel, UNROUTED) == 1)


def test_a_retry_comes_back_to_exactly_the_queue_it_was_meant_for(
    broker_url: str, connection: Connection, channel: Channel
) -> None:
    both = Service(
        "trial",
        (
            Handler("write_down", ("place.changed",), write_down),
            Handler("tell", ("place.changed",), write_down),
        ),
    )
    apply(connection, [*shared_entities((1,)), *service_entities(both)])
    put(channel, retry_name(1), "trial.tell")
    assert count(channel, "trial.tell") == 0
    eventually(lambda: count(channel, "trial.tell") == 1)
    assert count(channel, "trial.write_down") == 0
    assert count(channel, UNROUTED) == 0 and count(channel, retry_name(1)) == 0


def test_a_retry_for_a_queue_that_is_gone_blocks_nobody_and_is_seen(
    connection: Connection, channel: Channel
) -> None:
    apply(connection, [*shared_entities((1,)), *service_entities(SERVICE)])
    for _ in range(40):
        put(channel, retry_name(1), "trial.gone")
    put(channel, retry_name(1), "trial.write_down")
    eventually(lambda: count(channel, "trial.write_down") == 1)
    eventually(lambda: count(channel, UNROUTED) == 40)


def test_a_copy_for_a_later_try_has_our_headers_and_none_of_the_brokers(
    broker_url: str, sqlite_url: Callable[..., str], channel: Channel
) -> None:
    # So long a delay that the copy can be looked at.
    trial = Trial(broker_url, sqlite_url("trial", prepare), retry_delays=(3600,))
    poison = place_event(1, subject="p1")
    poison["data"]["name"] = "poison"
    put_poison = AmqpMessage(
        json.dumps(poison, default=str),
        content_type=ONE,
        delivery_mode=2,
        application_headers={"x-death": [{"count": 1, "queue": "q"}], "x-own": "1"},
    )
    channel.basic_publish_confirm(put_poison, exchange=EVENTS, routing_key="place.changed")
    with running(trial):
        eventually(lambda: trial.messages_in("doorstep.retry.1h") == 1)
    message = channel.basic_get("doorstep.retry.1h")
    headers = message.properties["application_headers"]
    assert headers["doorstep-attempts"] == 1
    assert headers["doorstep-routing-key"] == "place.changed"
    assert "RuntimeError" in headers["doorstep-error"] and "doorstep-first-failed" in headers
    # How often it was delivered the broker says each time anew.
    assert {name for name in headers if name.startswith("x-")} <= {"x-delivery-count"}
    assert message.delivery_info["routing_key"] == trial.queue
    assert json.loads(message.body) == json.loads(json.dumps(poison, default=str))
    assert trial.messages_in(trial.queue) == 0


def test_only_the_handler_that_failed_sees_the_event_again(
    broker_url: str, sqlite_url: Callable[..., str], channel: Channel
) -> None:
    failures = [2]

    def sometimes(uow: UnitOfWork, events: Sequence[Event]) -> None:
        if failures[0]:
            failures[0] -= 1
            raise RuntimeError("not yet")
        write_down(uow, events)

    trial = Trial(broker_url, sqlite_url("trial", prepare), use_case=sometimes)
    beside = Queue("beside", durable=True, queue_arguments={"x-queue-type": "quorum"})
    beside.bind(channel).declare()
    channel.queue_bind("beside", EVENTS, "place.changed")
    trial.publish_events(place_event(1))
    with running(trial):
        eventually(lambda: trial.numbers() == [1])
    assert count(channel, "beside") == 1


def test_a_reply_queue_is_made_when_it_is_first_written_to(
    broker_url: str, connection: Connection, channel: Channel
) -> None:
    apply(connection, shared_entities((1,)))
    publisher = Publisher(broker_url, "test")
    taken: list[str] = []
    for key in ("a", "b"):
        publisher.send(key, REPLIES, "rail-lanzhou", b"{}", content_type=ONE, on_confirmed=taken.append)
    publisher.wait()
    publisher.drop()
    assert taken == ["a", "b"]
    assert count(channel, "doorstep.replies.rail-lanzhou") == 2
    assert count(channel, UNROUTED) == 0


def test_a_reply_queue_that_somebody_made_otherwise_holds_nothing_up(
    broker_url: str, connection: Connection, channel: Channel
) -> None:
    apply(connection, shared_entities((1,)))
    channel.queue_declare("doorstep.replies.odd", durable=True, auto_delete=False)
    channel.queue_bind("doorstep.replies.odd", REPLIES, "odd")
    publisher = Publisher(broker_url, "test")
    taken: list[str] = []
    for key in ("odd", "even"):
        publisher.send(key, REPLIES, key, b"{}", content_type=ONE, on_confirmed=taken.append)
    publisher.wait()
    publisher.drop()
    assert sorted(taken) == ["even", "odd"]
    assert count(channel, "doorstep.replies.odd") == 1

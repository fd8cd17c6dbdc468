"""A handler that reads a queue of each publisher: in turn, found while it runs, left when one goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from amqp import Message as AmqpMessage
from prometheus_client import REGISTRY

from chassis.handlers import Handler
from chassis.messaging.connection import close_quietly, connect
from chassis.messaging.consumer import PREFETCH_SINGLE, SUSPECT_AFTER
from chassis.messaging.dead_queues import DeadQueueDrain
from chassis.messaging.topology import apply, guarded_name, own_queue
from chassis.names import ARRIVALS, BACK, INBOUND, ROUTING_KEY, own_queue_name
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import BATCH, ONE, Event, dump_event, join_events
from tests.integration.chassis.trial_service import Trial, place_event, prepare, running, write_down
from tests.waiting import eventually

pytestmark = pytest.mark.broker

FLOOD = 20_000


@dataclass
class Inbound:
    """A handler with queues of publishers, and the batches that it took: for each, events by publisher."""

    broker_url: str
    database_url: str
    work_s: float = 0.0
    names: list[str] = field(default_factory=list)
    batches: list[dict[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        handler = Handler(
            "write_down",
            ("place.changed",),
            self.take,
            exchange=INBOUND,
            formerly=ARRIVALS,
            publishers=lambda conn: tuple(self.names),
        )
        self.trial = Trial(self.broker_url, self.database_url, handler=handler)

    def take(self, uow: UnitOfWork, events: Sequence[Event]) -> None:
        write_down(uow, events)
        time.sleep(self.work_s)
        found: dict[str, int] = {}
        for event in events:
            found[event.publisher or ""] = found.get(event.publisher or "", 0) + 1
        self.batches.append(found)

    def add(self, publisher: str) -> str:
        """As `doorstep publisher add` does, in its order. Returns the queue."""
        self.names.append(publisher)
        connection = connect(self.broker_url, "test")
        queue = own_queue("trial", self.trial.service.handlers[0], publisher)
        apply(connection, [queue])
        close_quietly(connection)
        return str(queue.name)

    def publish(
        self, publisher: str, numbers: Sequence[int], *, packed: int = 1, exchange: str = INBOUND
    ) -> None:
        bodies = [dump_event(place_event(n, source=f"/{publisher}/x")) for n in numbers]
        if packed > 1:
            bodies = [join_events(bodies[at : at + packed]) for at in range(0, len(bodies), packed)]
        key, kind = f"place.changed.{publisher}", BATCH if packed > 1 else ONE
        for at in range(0, len(bodies), 1000):
            self.trial.publish(*bodies[at : at + 1000], content_type=kind, key=key, exchange=exchange)

    def taken(self, publisher: str) -> int:
        return sum(batch.get(publisher, 0) for batch in self.batches)


@pytest.fixture
def inbound(broker_url: str, sqlite_url: Callable[..., str]) -> Iterator[Inbound]:
    one = Inbound(broker_url, sqlite_url("trial", prepare))
    yield one
    one.trial.stop()
    one.trial.database.dispose()


@pytest.mark.parametrize("packed", [50, 1])
def test_who_floods_delays_himself_only(inbound: Inbound, packed: int) -> None:
    inbound.work_s = 0.02
    flood = FLOOD if packed > 1 else FLOOD // 4
    inbound.add("flooder")
    inbound.add("quiet")
    inbound.publish("flooder", range(flood), packed=packed)
    with running(inbound.trial):
        eventually(lambda: len(inbound.batches) > 5)
        for number, who in enumerate(("quiet", "nobody-added-me", "quiet")):
            inbound.publish(who, [flood + number])
            before = len(inbound.batches)
            eventually(lambda who=who, n=number: inbound.taken(who) == (2 if n == 2 else 1))
            batch = next(n for n in range(len(inbound.batches) - 1, -1, -1) if who in inbound.batches[n])
            assert batch - before <= 2, f"{batch - before} batches of the flood came first"
        assert inbound.taken("flooder") < flood, "the flood was over: this showed nothing"
        eventually(lambda: inbound.taken("flooder") == flood)
    assert inbound.trial.numbers() == list(range(flood + 3))
    assert inbound.trial.messages_in(own_queue_name(inbound.trial.queue, "flooder")) == 0


def copied(inbound: Inbound, number: int, *, key: str, **headers: list[str]) -> None:
    """Published by that routing key, with copies to others."""
    event = dump_event(place_event(number, source="/selfreg/x"))
    connection = connect(inbound.broker_url, "test")
    message = AmqpMessage(event, application_headers=headers, content_type=ONE, delivery_mode=2)
    connection.channel().basic_publish(message, INBOUND, key)
    close_quietly(connection)


@pytest.mark.parametrize("header", ["CC", "BCC"])
def test_nobody_gets_a_message_into_another_publishers_queue(inbound: Inbound, header: str) -> None:
    queue = inbound.add("police")
    inbound.add("selfreg")
    before = passed_over(inbound)
    with running(inbound.trial):
        for number in range(20):
            copied(inbound, number, key="place.changed.selfreg", **{header: ["place.changed.police"]})
        inbound.publish("police", [20])
        eventually(lambda: inbound.trial.numbers() == list(range(21)))
        eventually(lambda: inbound.trial.messages_in(queue) == 0)
        assert (inbound.taken("selfreg"), inbound.taken("police")) == (20, 1)
        assert inbound.trial.rows("dead_letters") == []
    assert passed_over(inbound) == before + 20


def test_what_is_passed_over_alone_does_not_fill_the_hand_of_the_consumer(inbound: Inbound) -> None:
    """More of it than a consumer may hold without an ack, and nothing else: who comes later is served."""
    queue = inbound.add("police")
    many = PREFETCH_SINGLE + 50
    with running(inbound.trial):
        for number in range(many):
            copied(inbound, number, key="nobody.reads.this", CC=["place.changed.police"])
        eventually(lambda: inbound.trial.messages_in(queue) == 0)
        inbound.publish("police", [many])
        eventually(lambda: inbound.trial.numbers() == [many])


def passed_over(inbound: Inbound) -> float:
    said = {"handler": inbound.trial.queue}
    return REGISTRY.get_sample_value("doorstep_passed_over_total", said) or 0.0


@pytest.mark.parametrize("header", ["CC", "BCC"])
def test_nobody_says_by_a_copy_what_they_may_not_say(inbound: Inbound, header: str) -> None:
    """The broker lets them use the routing key of their own events, and asks for no right to a copy."""
    with running(inbound.trial):
        copied(inbound, 1, key="staff.changed.selfreg", **{header: ["place.changed.selfreg"]})
        inbound.publish("selfreg", [2])
        eventually(lambda: inbound.trial.numbers() == [2])
        eventually(lambda: inbound.trial.messages_in(inbound.trial.queue) == 0)
        assert inbound.trial.rows("dead_letters") == [], "a flood of copies fills no table"


def test_a_letter_is_replayed_only_for_what_its_routing_key_allows(inbound: Inbound) -> None:
    """What died after it had been copied into a queue keeps the routing key by which it was published."""
    event = dump_event(place_event(1, source="/selfreg/x"))
    connection = connect(inbound.broker_url, "test")
    headers = {ROUTING_KEY: "staff.changed.selfreg"}
    message = AmqpMessage(event, application_headers=headers, content_type=ONE, delivery_mode=2)
    connection.channel().basic_publish(message, BACK, inbound.trial.queue)
    close_quietly(connection)
    with running(inbound.trial):
        eventually(lambda: len(inbound.trial.rows("dead_letters")) == 1)
    assert inbound.trial.numbers() == []
    assert "this routing key is for staff.changed" in inbound.trial.rows("dead_letters")[0].error


def test_a_new_publishers_queue_is_read_by_every_replica_without_a_restart(inbound: Inbound) -> None:
    for _ in range(2):
        inbound.trial.start()
    inbound.publish("rail", range(10))
    eventually(lambda: inbound.taken("rail") == 10)

    queue = inbound.add("rail")
    inbound.publish("rail", range(10, 20))
    eventually(lambda: inbound.taken("rail") == 20)
    assert inbound.trial.messages_in(inbound.trial.queue) == 0
    eventually(lambda: consumers(inbound, queue) == 2)

    inbound.names.remove("rail")
    eventually(lambda: consumers(inbound, queue) == 0)
    inbound.publish("rail", [20])
    eventually(lambda: inbound.trial.messages_in(queue) == 1)
    assert inbound.taken("rail") == 20, "nobody reads it any more"
    inbound.names.append("rail")
    eventually(lambda: inbound.taken("rail") == 21)


def test_a_publishers_queue_that_is_not_there_or_is_deleted_holds_up_nobody(inbound: Inbound) -> None:
    inbound.names.append("announced")
    queue = inbound.add("rail")
    with running(inbound.trial):
        inbound.publish("rail", [1])
        inbound.publish("announced", [2])
        eventually(lambda: inbound.trial.numbers() == [1, 2])
        connection = connect(inbound.broker_url, "test")
        connection.channel().queue_delete(queue)
        inbound.publish("rail", [3])
        eventually(lambda: inbound.trial.numbers() == [1, 2, 3])
        inbound.add("rail")
        inbound.publish("rail", [4])
        eventually(lambda: inbound.trial.numbers() == [1, 2, 3, 4])
        assert inbound.trial.consumers[0][0].ready
        close_quietly(connection)


def test_what_killed_the_consumer_is_taken_alone_and_the_others_are_not_dragged_along(
    inbound: Inbound,
) -> None:
    queue = inbound.add("deadly")
    inbound.add("rail")
    inbound.publish("deadly", range(5))
    give_back(inbound, queue, times=SUSPECT_AFTER)
    inbound.publish("rail", range(10, 15))
    with running(inbound.trial):
        eventually(lambda: len(inbound.trial.numbers()) == 10)
    alone = [batch for batch in inbound.batches if batch == {"deadly": 1}]
    assert len(alone) == 5 and inbound.taken("rail") == 5


def test_what_the_broker_gives_up_in_a_publishers_queue_is_a_dead_letter_of_the_handler(
    inbound: Inbound,
) -> None:
    queue = inbound.add("rail")
    connection = connect(inbound.broker_url, "test")
    channel = connection.channel()
    for number, headers in ((1, {}), (2, {"x-death": ["a"]})):
        said = {"content_type": ONE, "delivery_mode": 2, "expiration": "1"}
        event = dump_event(place_event(number, source="/rail/x"))
        message = AmqpMessage(event, application_headers=headers, **said)
        channel.basic_publish_confirm(message, exchange=INBOUND, routing_key="place.changed.rail")
    drain = DeadQueueDrain(inbound.trial.service, inbound.trial.work, inbound.trial.settings)
    eventually(drain.drain)
    # It only expired: it comes back, into the work queue of the handler, and is still its publisher's.
    with running(inbound.trial):
        eventually(lambda: inbound.trial.numbers() == [1])
    assert not inbound.trial.rows("dead_letters") and inbound.taken("rail") == 1
    # What carries the broker's own headers never gets there, whoever sends it.
    eventually(lambda: messages(channel, queue) == messages(channel, guarded_name(inbound.trial.queue)) == 0)
    close_quietly(connection)


def test_what_comes_by_the_exchange_of_before_takes_the_same_way(inbound: Inbound) -> None:
    queue = inbound.add("rail")
    inbound.publish("rail", [1], exchange=ARRIVALS)
    inbound.publish("air", [2], exchange=ARRIVALS)
    for name in (queue, inbound.trial.queue):
        eventually(lambda name=name: inbound.trial.messages_in(name) == 1)


def test_a_full_stop_loses_nothing_of_any_queue(inbound: Inbound) -> None:
    for name in ("rail", "air"):
        inbound.add(name)
        inbound.publish(name, range(*((0, 1000) if name == "rail" else (1000, 2000))))
    for _ in range(3):
        inbound.trial.start()
        before = len(inbound.batches)
        eventually(lambda before=before: len(inbound.batches) > before + 1)
        inbound.trial.stop()
    with running(inbound.trial):
        eventually(lambda: len(inbound.trial.numbers()) == 2000)
    assert sum(map(sum, (batch.values() for batch in inbound.batches))) == 2000, "and nothing is done twice"


def consumers(inbound: Inbound, queue: str) -> int:
    connection = connect(inbound.broker_url, "test")
    try:
        return int(connection.channel().queue_declare(queue, passive=True).consumer_count)
    finally:
        close_quietly(connection)


def messages(channel: object, queue: str) -> int:
    return int(channel.queue_declare(queue, passive=True).message_count)  # type: ignore[attr-defined]


def give_back(inbound: Inbound, queue: str, times: int) -> None:
    """Take all messages of a queue and go away without an ack, as a consumer does that is killed."""
    for _ in range(times):
        connection = connect(inbound.broker_url, "test")
        channel, got = connection.channel(), []
        channel.basic_consume(queue, callback=got.append)
        while len(got) < 5:
            connection.drain_events(timeout=10)
        close_quietly(connection)
        eventually(lambda: inbound.trial.messages_in(queue) == 5)

"""Exchanges and queues, derived from the handlers.

Every queue is a quorum queue; messages that a queue gives up go to its `.dead` queue at least once. A retry
queue serves all handlers: a copy is published to its fanout exchange under the work queue's name, and on
expiry `doorstep.back` returns it to exactly that queue.

Outsiders write any headers. RabbitMQ 3.10 dies of `x-death` headers of another shape than its own when such
a message expires: of all dead-lettering on the node, so no retry comes back any more. So there is a guard
between `doorstep.inbound` and a work queue: whatever carries those headers goes into a queue that the broker
never dead-letters, and the same handler reads it.

Behind the guard of a handler with `publishers`, each of these has a queue of its own, and the work queue gets
what comes under a name that has none:

    doorstep.inbound -> guard -> intake -> publishers -> NAME.from.rail-lanzhou
                          |                    '-> shared -> NAME
                          '-> NAME_guarded
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from amqp.exceptions import AccessRefused, NotFound, PreconditionFailed
from kombu import Connection, Exchange, Queue, binding

from chassis.errors import WorldAway
from chassis.handlers import Handler, Service
from chassis.messaging.connection import stay_alive
from chassis.names import (
    ARRIVALS,
    BACK,
    CANARY,
    EVENTS,
    HEALTH,
    INBOUND,
    REPLIES,
    UNHEARD,
    UNROUTED,
    own_queue_name,
)
from contracts.registry import EVENT_TYPES

# A net for messages that kill their consumer; it does not count retries.
DELIVERY_LIMIT = 100
# A publisher that never reads its replies does not fill the disk: the oldest replies are dropped.
REPLIES_KEPT = 200_000

# A consumer waits for another one to declare. Where nothing was declared for so long, perhaps because a node
# no longer answers, it goes on alone. A broker that is only busy would get busier by all declaring at once.
_STUCK_S = 4.0
_BEAT_S = 1.0

# The broker reads and writes these headers when it dead-letters a message.
DEATH_HEADERS = ("x-death", "x-first-death-exchange", "x-first-death-queue", "x-first-death-reason")

Entity = Any  # kombu's Exchange or Queue, a Link, an OldLink or an OldBinding; kombu ships no types


@dataclass(frozen=True)
class Link:
    """One exchange bound to another: messages that come to `source` by `key` go on to `name`."""

    name: str
    source: str
    key: str


@dataclass(frozen=True)
class OldBinding:
    """A binding of the queue `name` that an older version made, and that must go."""

    name: str
    source: str
    key: str


@dataclass(frozen=True)
class OldLink:
    """A binding of the exchange `name` that an older version made, and that must go."""

    name: str
    source: str
    key: str


_BINDINGS = (Link, OldBinding, OldLink)


class TopologyDiffers(WorldAway):
    """The broker has an entity of that name with other properties. Somebody must correct it."""


@dataclass(frozen=True)
class Difference:
    name: str
    what: str


def retry_name(seconds: int) -> str:
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds % size == 0:
            return f"doorstep.retry.{seconds // size}{unit}"
    return f"doorstep.retry.{seconds}s"


def dead_name(queue: str) -> str:
    return f"{queue}.dead"


def guarded_name(queue: str) -> str:
    return f"{queue}_guarded"


def guard_name(queue: str) -> str:
    return f"{queue}.guard"


def intake_name(queue: str) -> str:
    return f"{queue}.intake"


def publishers_name(queue: str) -> str:
    return f"{queue}.publishers"


def shared_name(queue: str) -> str:
    return f"{queue}.shared"


def is_guarded(handler: Handler) -> bool:
    """Whether outsiders write into its queue."""
    return handler.from_outside


def consumed_queues(service: str, handler: Handler) -> list[str]:
    """The queues that a handler reads; the first gives it its name in inboxes and dead letters.

    Without those of single publishers, which come and go.
    """
    name = handler.queue(service)
    return [name, guarded_name(name)] if is_guarded(handler) else [name]


def exchanges() -> list[Exchange]:
    """All exchanges, with alternate exchanges before those that name them."""
    return [
        _exchange(UNROUTED, "fanout"),
        # Topic, so that only event types that should have a listener reach the watched queue.
        _exchange(UNHEARD, "topic"),
        _exchange(EVENTS, "topic", alternate=UNHEARD),
        _exchange(ARRIVALS, "topic", alternate=UNROUTED),
        _exchange(INBOUND, "topic", alternate=UNROUTED),
        _exchange(REPLIES, "direct", alternate=UNROUTED),
        _exchange(BACK, "direct", alternate=UNROUTED),
    ]


def watched_queue() -> Queue:
    """The queue that holds unroutable messages; any message in it is an alarm."""
    unheard = _known(UNHEARD)
    expected = [binding(unheard, routing_key=kind.name) for kind in EVENT_TYPES.values() if kind.subscribed]
    return _quorum(UNROUTED, bindings=[binding(_known(UNROUTED)), *expected])


def canary_queue() -> Queue:
    """Where the canaries of the retry queues come back to, as copies come back to a work queue."""
    return _quorum(CANARY, bindings=[binding(_known(BACK), routing_key=CANARY)])


def health_queue() -> Queue:
    """A quorum queue, as all that matter are; what a check that was cut off has left is pushed out."""
    return _quorum(HEALTH, bindings=[], **{"x-max-length": 10, "x-overflow": "drop-head"})


def work_queue(service: str, handler: Handler) -> Queue:
    name = handler.queue(service)
    source = _known(handler.exchange)
    if handler.publishers:
        ways = [binding(_known(shared_name(name)))]
    elif is_guarded(handler):
        ways = [binding(_known(intake_name(name)))]
    else:
        ways = [binding(source, routing_key=key) for key in handler.bindings]
    return _dead_lettering(name, name, [*ways, binding(_known(BACK), routing_key=name)])


def own_queue(service: str, handler: Handler, publisher: str) -> Queue:
    """The queue of one publisher. What the broker gives up there dies with what the work queue holds."""
    name = handler.queue(service)
    source = _known(publishers_name(name))
    ways = [binding(source, routing_key=f"{event}.{publisher}") for event in handler.events]
    return _dead_lettering(own_queue_name(name, publisher), name, ways)


def _dead_lettering(name: str, work: str, bindings: list[Any]) -> Queue:
    return _quorum(
        name,
        bindings=bindings,
        **{
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": dead_name(work),
            "x-dead-letter-strategy": "at-least-once",
            "x-delivery-limit": DELIVERY_LIMIT,
        },
    )


def retry_entities(seconds: int) -> list[Entity]:
    name = retry_name(seconds)
    exchange = _exchange(name, "fanout")
    queue = _quorum(
        name,
        bindings=[binding(_known(name))],
        **{
            "x-message-ttl": seconds * 1000,
            "x-dead-letter-exchange": BACK,
            "x-dead-letter-strategy": "at-least-once",
        },
    )
    return [exchange, queue]


def reply_queue(publisher: str) -> Queue:
    return Queue(
        f"{REPLIES}.{publisher}",
        bindings=[binding(_known(REPLIES), routing_key=publisher)],
        durable=True,
        queue_arguments={
            "x-queue-type": "quorum",
            "x-max-length": REPLIES_KEPT,
            "x-overflow": "drop-head",
        },
    )


def shared_entities(delays: Iterable[int]) -> list[Entity]:
    """The exchanges and queues that belong to no service."""
    retries = (entity for delay in delays for entity in retry_entities(delay))
    return [*exchanges(), watched_queue(), canary_queue(), health_queue(), *retries]


def service_entities(service: Service) -> Iterator[Entity]:
    """A service's own queues, each dead queue before the queue that feeds it."""
    for handler in service.handlers:
        yield _quorum(dead_name(handler.queue(service.name)))
        if is_guarded(handler):
            yield from _guarded_way(service.name, handler)
        else:
            yield work_queue(service.name, handler)


def _guarded_way(service: str, handler: Handler) -> Iterator[Entity]:
    """From the exchange of outsiders into the work queue.

    The ways of older versions are closed last: until then a message may take both, and comes once, for both
    lead into the same queue.
    """
    name = handler.queue(service)
    guard, intake = guard_name(name), intake_name(name)
    carries_one = {"x-match": "any-with-x"} | dict.fromkeys(DEATH_HEADERS)
    yield _exchange(intake, "fanout")
    if handler.publishers:
        yield _exchange(shared_name(name), "fanout")
        yield work_queue(service, handler)
        yield _exchange(publishers_name(name), "topic", alternate=shared_name(name))
        yield Link(publishers_name(name), intake, "")
        yield OldBinding(name, intake, "")
    else:
        yield work_queue(service, handler)
    yield _exchange(guard, "headers", alternate=intake)
    yield _quorum(guarded_name(name), bindings=[binding(_known(guard), arguments=carries_one)])
    yield from (Link(guard, handler.exchange, key) for key in handler.bindings)
    if handler.formerly:
        yield from (Link(handler.exchange, handler.formerly, key) for key in handler.bindings)
        yield from (OldLink(guard, handler.formerly, key) for key in handler.bindings)
        yield from (OldBinding(name, handler.formerly, key) for key in handler.bindings)


def apply(connection: Connection, entities: Iterable[Entity]) -> None:
    """Declare the entities; those that exist with the same properties stay. Raises TopologyDiffers.

    A user who may declare nothing only checks that they exist.
    """
    channel = connection.channel()
    for entity in entities:
        try:
            _declare(entity, channel)
            continue
        except PreconditionFailed as error:
            raise TopologyDiffers(f"{entity.name}: {error.message}") from None
        except AccessRefused:
            channel = connection.channel()  # a refusal closes the channel
        if _is_there(entity, channel) is not None:
            raise TopologyDiffers(
                f"{entity.name}: missing, and this user may not declare it: run `doorstep topology apply`"
            )
    channel.close()


class Declared:
    """What the consumers of a process need at the broker, declared by one of them for all.

    Each asks for it when it has opened a connection. After a loss it is declared again, unless another
    consumer has begun to since then: the broker may have come back without it.
    """

    def __init__(self, service: Service, delays: Iterable[int]) -> None:
        self._entities = [*shared_entities(delays), *service_entities(service)]
        self._turn = threading.Lock()
        self._began = self._went_on = -math.inf

    def ensure(self, connection: Connection, lost: float) -> None:
        """:param lost: when the consumer lost its last connection, in seconds of the monotonic clock.

        Raises as `apply`. Whoever waits for one that is stuck goes on alone.
        """
        has_turn = self._wait_for_turn(connection)
        try:
            if self._began <= lost:
                began = time.monotonic()
                apply(connection, self._going_on())
                self._began = began
        finally:
            if has_turn:
                self._turn.release()

    def _wait_for_turn(self, connection: Connection) -> bool:
        while not self._turn.acquire(timeout=_BEAT_S):
            stay_alive(connection)
            if time.monotonic() - self._went_on > _STUCK_S:
                return False
        self._went_on = time.monotonic()
        return True

    def _going_on(self) -> Iterator[Entity]:
        for entity in self._entities:
            self._went_on = time.monotonic()
            yield entity


def check(connection: Connection, entities: Iterable[Entity]) -> list[Difference]:
    """Find entities that are missing or different, and make none. AMQP cannot list bindings."""
    found: list[Difference] = []
    for entity in entities:
        for attempt in (_is_there, _is_same):
            with connection.channel() as channel:
                difference = attempt(entity, channel)
            if difference:
                found.append(Difference(entity.name, difference))
                break
    return found


def _declare(entity: Entity, channel: Any) -> None:
    if isinstance(entity, Link):
        channel.exchange_bind(entity.name, entity.source, entity.key)
    elif isinstance(entity, OldBinding):
        channel.queue_unbind(entity.name, entity.source, entity.key)
    elif isinstance(entity, OldLink):
        channel.exchange_unbind(entity.name, entity.source, entity.key)
    else:
        entity.bind(channel).declare()


def _is_there(entity: Entity, channel: Any) -> str | None:
    if isinstance(entity, _BINDINGS):
        return None
    declare: Callable[..., Any] = (
        channel.queue_declare if isinstance(entity, Queue) else channel.exchange_declare
    )
    options = {"queue": entity.name} if isinstance(entity, Queue) else {"exchange": entity.name, "type": ""}
    try:
        declare(**options, passive=True)
    except NotFound:
        return "missing"
    return None


def _is_same(entity: Entity, channel: Any) -> str | None:
    if isinstance(entity, _BINDINGS):
        return None
    bound = entity.bind(channel)
    declare = bound.queue_declare if isinstance(entity, Queue) else bound.declare
    try:
        declare()
    except PreconditionFailed as error:
        return str(error.message)
    return None


def _known(name: str) -> Exchange:
    """Name an exchange to bind to, which is declared elsewhere."""
    return Exchange(name, no_declare=True)


def _exchange(name: str, kind: str, alternate: str | None = None) -> Exchange:
    arguments = {"alternate-exchange": alternate} if alternate else None
    return Exchange(name, kind, durable=True, arguments=arguments)


def _quorum(name: str, bindings: list[Any] | None = None, **arguments: Any) -> Queue:
    # Without an exchange of its own kombu would bind nothing, which is right for dead queues.
    return Queue(
        name,
        bindings=bindings or [],
        durable=True,
        queue_arguments={"x-queue-type": "quorum", "x-overflow": "reject-publish", **arguments},
    )

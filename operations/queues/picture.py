"""One picture of all queues: the broker's figures of each, the services' figures of their handlers."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from chassis.messaging.topology import Difference
from operations.queues.service_metrics import Counts


@dataclass(frozen=True)
class Queue:
    """As the broker counts it every five seconds. None: it has not counted yet, or the queue is down."""

    name: str
    state: str | None
    ready: int | None
    unacknowledged: int | None
    consumers: int | None
    rate_in: float
    rate_out: float
    """Acknowledged in a second."""
    held: int | None = None
    """All of them. It may be more than the two: those on their way to a dead-letter target are neither."""

    @property
    def messages(self) -> int:
        return max(self.held or 0, (self.ready or 0) + (self.unacknowledged or 0))


@dataclass(frozen=True)
class HandlerFigures:
    """As its service counts. None: no replica of the service answers, or none knows.

    :param handled: events since the replicas started.
    :param retries_waiting: copies in the retry queues, of all handlers together: at most so many are this
        handler's. None: the broker does not answer.
    """

    handler: str
    service: str
    handled: int | None
    lag_p50: float | None
    lag_p95: float | None
    retries_sent: int | None
    retries_waiting: int | None
    dead_letters: int | None


@dataclass(frozen=True)
class Service:
    name: str
    replicas: int
    failure: str | None
    outbox_waiting: int | None
    outbox_oldest_s: float | None


@dataclass(frozen=True)
class Attention:
    """Something that an operator should look at."""

    where: str
    what: str


@dataclass
class Picture:
    at: datetime
    broker: str
    """`ok`, or why it could not be asked."""
    queues: dict[str, Queue] = field(default_factory=dict)
    handlers: list[HandlerFigures] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    late_canaries: dict[str, float] = field(default_factory=dict)
    """Retry queues that bring nothing back -> for how many seconds a message has been on its way through."""
    differences: list[Difference] = field(default_factory=list)
    """What every service needs and the broker has not, or has with other limits."""
    alarms: list[str] = field(default_factory=list)
    """What the broker has run out of: until there is room it takes no message."""
    attention: list[Attention] = field(default_factory=list)
    counts: dict[str, Counts] = field(default_factory=dict)
    """Service -> its counters, from which a later picture takes the difference."""

    @property
    def retrying(self) -> int:
        return sum(
            queue.messages for name, queue in self.queues.items() if name.startswith("doorstep.retry.")
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(),
            "broker": self.broker,
            "attention": [asdict(attention) for attention in self.attention],
            "queues": [asdict(queue) for queue in self.queues.values()],
            "handlers": [asdict(handler) for handler in self.handlers],
            "services": [asdict(service) for service in self.services],
        }

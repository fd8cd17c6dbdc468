"""One picture of all queues: what the broker says of each, what the services say of their handlers, and what
wants attention."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from operations.queues.service_metrics import (
    DEAD_WAITING,
    MESSAGES,
    OUTBOX_OLDEST,
    OUTBOX_PENDING,
    RETRIES,
    Counts,
    Told,
    ask_services,
)
from operations.settings import SERVICES

# The sweep sends what was not confirmed within seconds.
OUTBOX_LATE_S = 60
# A queue that the broker slows down works, too.
_WELL = ("running", "flow")
_COLUMNS = (
    "name",
    "state",
    "messages_ready",
    "messages_unacknowledged",
    "consumers",
    "message_stats.publish_details.rate",
    "message_stats.ack_details.rate",
    "message_stats.get_no_ack_details.rate",
    "message_stats.deliver_no_ack_details.rate",
)


@dataclass(frozen=True)
class Queue:
    """As the broker counts it, every five seconds. None: it has not counted yet, or the queue is down."""

    name: str
    state: str | None
    ready: int | None
    unacknowledged: int | None
    consumers: int | None
    rate_in: float
    rate_out: float
    """Acknowledged in a second."""


@dataclass(frozen=True)
class HandlerFigures:
    """As its service counts. None: no replica of the service answers, or none knows.

    :param handled: events, since the replicas started.
    :param retries_waiting: at most so many: whose a waiting copy is cannot be seen. None: the broker does not
        answer.
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
    attention: list[Attention] = field(default_factory=list)
    counts: dict[str, Counts] = field(default_factory=dict)

    @property
    def retrying(self) -> int:
        return sum(_all(queue) for name, queue in self.queues.items() if name.startswith("doorstep.retry."))

    def as_dict(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(),
            "broker": self.broker,
            "attention": [asdict(one) for one in self.attention],
            "queues": [asdict(queue) for queue in self.queues.values()],
            "handlers": [asdict(handler) for handler in self.handlers],
            "services": [asdict(service) for service in self.services],
        }


def look(since: Picture | None = None) -> Picture:
    """Ask the broker and the services. Whoever does not answer is named in the picture.

    :param since: lags are of what was handled after that one; otherwise since the replicas started.
    """
    from operations.settings import environment

    given = environment()
    picture = Picture(datetime.now(UTC), "ok")
    try:
        picture.queues = _queues()
    except Exception as error:
        picture.broker = _in_one_line(error)
    told = ask_services(SERVICES, given)
    picture.counts = {service: one.counts for service, one in told.items()}
    names = [(handler, service) for service in SERVICES for handler in handlers_of(service)]
    picture.handlers = [_figures(picture, handler, told[service], since) for handler, service in names]
    picture.services = [_service(one) for one in told.values()]
    picture.attention = list(attention(picture))
    return picture


def handlers_of(service: str) -> list[str]:
    """Names of its work queues."""
    from importlib import import_module

    handlers = import_module(f"services.{service}.handlers").HANDLERS
    return [handler.queue(service) for handler in handlers]


def _queues() -> dict[str, Queue]:
    """Raises WorldAway, SettingsError."""
    from operations.management_api import Management

    management = Management.find()
    rows = management.get("queues", management.vhost, columns=",".join(_COLUMNS))
    return {row["name"]: queue_of(row) for row in sorted(rows, key=lambda row: str(row["name"]))}


def queue_of(row: Mapping[str, Any]) -> Queue:
    def rate(*kinds: str) -> float:
        stats = row.get("message_stats", {})
        return round(sum(stats.get(f"{kind}_details", {}).get("rate", 0.0) for kind in kinds), 1)

    return Queue(
        name=row["name"],
        state=row.get("state"),
        ready=row.get("messages_ready"),
        unacknowledged=row.get("messages_unacknowledged"),
        consumers=row.get("consumers"),
        rate_in=rate("publish"),
        rate_out=rate("ack", "get_no_ack", "deliver_no_ack"),
    )


def _figures(picture: Picture, handler: str, told: Told, since: Picture | None) -> HandlerFigures:
    if not told.answers:
        return HandlerFigures(handler, told.service, None, None, None, None, None, None)
    recent = told.counts.since(since.counts[told.service]) if since else told.counts
    dead = told.gauges.get((DEAD_WAITING, handler))
    return HandlerFigures(
        handler=handler,
        service=told.service,
        handled=int(told.counts.get(MESSAGES, handler, "handled")),
        lag_p50=_rounded(recent.lag(handler, 0.5)),
        lag_p95=_rounded(recent.lag(handler, 0.95)),
        retries_sent=int(told.counts.get(RETRIES, handler, "")),
        retries_waiting=picture.retrying if picture.broker == "ok" else None,
        dead_letters=None if dead is None else int(dead),
    )


def _service(told: Told) -> Service:
    pending = told.gauges.get((OUTBOX_PENDING, told.service))
    oldest = told.gauges.get((OUTBOX_OLDEST, told.service))
    return Service(
        name=told.service,
        replicas=told.replicas,
        failure=told.failure,
        outbox_waiting=None if pending is None else int(pending),
        outbox_oldest_s=_rounded(oldest),
    )


def attention(picture: Picture) -> Iterator[Attention]:
    from chassis.messaging.topology import dead_name, guarded_name
    from chassis.names import UNROUTED

    if picture.broker != "ok":
        yield Attention("broker", picture.broker)
    for service in picture.services:
        if service.failure:
            yield Attention(service.name, service.failure)
        dead = [one.dead_letters for one in picture.handlers if one.service == service.name]
        if service.replicas and None in (service.outbox_waiting, *dead):
            yield Attention(service.name, "it answers, and does not know its database: see /readyz")
        if (service.outbox_oldest_s or 0) > OUTBOX_LATE_S:
            waiting = _count(service.outbox_waiting or 0, "message")
            told = f"{waiting}, the oldest for {service.outbox_oldest_s:.0f} s"
            yield Attention(service.name, f"the broker does not take its messages: {told}")
    for handler in picture.handlers:
        queue = picture.queues.get(handler.handler)
        if picture.broker == "ok" and queue is None:
            yield Attention(handler.handler, "there is no such queue: run `doorstep topology apply`")
        if queue is not None and queue.consumers == 0:
            waiting = f"{_count(_all(queue), 'message')} and " if _all(queue) else ""
            yield Attention(handler.handler, f"{waiting}no consumer: is {handler.service} running?")
        guarded = picture.queues.get(guarded_name(handler.handler))
        if guarded is not None and guarded.consumers == 0 and _all(guarded):
            waiting = _count(_all(guarded), "message")
            yield Attention(guarded.name, f"{waiting} and no consumer: is {handler.service} running?")
        given_up = picture.queues.get(dead_name(handler.handler))
        if given_up is not None and _all(given_up):
            what = f"the broker gave up on {_all(given_up)}: {handler.service} makes dead letters of them"
            yield Attention(given_up.name, what)
        if handler.dead_letters:
            letters = _count(handler.dead_letters, "dead letter")
            yield Attention(handler.handler, f"{letters}: `doorstep dead list --handler {handler.handler}`")
    for queue in picture.queues.values():
        if queue.state not in (*_WELL, None):
            yield Attention(queue.name, f"the broker says that it is {queue.state}")
        elif queue.ready is None:
            yield Attention(queue.name, "the broker has not counted what is in it: is it new?")
    unrouted = picture.queues.get(UNROUTED)
    if unrouted is not None and _all(unrouted):
        messages = _count(_all(unrouted), "message")
        yield Attention(UNROUTED, f"{messages} for which there is no queue: `doorstep topology check`")


def _all(queue: Queue) -> int:
    return (queue.ready or 0) + (queue.unacknowledged or 0)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def _in_one_line(error: Exception) -> str:
    """Raises the error again where it is a bug of ours."""
    from chassis.errors import SettingsError, WorldAway

    if isinstance(error, SettingsError | WorldAway):
        return str(error)
    raise error

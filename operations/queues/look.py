"""Asking the broker and the services for one picture of all queues."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from chassis.errors import SettingsError, WorldAway
from chassis.messaging.canary import is_late
from operations.management_api import Management
from operations.queues.alarms import alarms
from operations.queues.attention import attention
from operations.queues.picture import HandlerFigures, Picture, Queue, Service
from operations.queues.service_metrics import (
    CANARY_AGE,
    DEAD_WAITING,
    MESSAGES,
    OUTBOX_OLDEST,
    OUTBOX_PENDING,
    RETRIES,
    RETRY_DELAY,
    ServiceFigures,
    ask_services,
)
from operations.services import SERVICES, work_queues
from operations.settings import environment
from operations.topology import lacking

_COLUMNS = (
    "name",
    "state",
    "messages",
    "messages_ready",
    "messages_unacknowledged",
    "consumers",
    "message_stats.publish_details.rate",
    "message_stats.ack_details.rate",
    "message_stats.get_no_ack_details.rate",
    "message_stats.deliver_no_ack_details.rate",
)


def look(since: Picture | None = None) -> Picture:
    """Ask the broker and the services. Whoever does not answer is named in the picture.

    :param since: lags are of events handled after that picture; otherwise since the replicas started.
    """
    given = environment()
    picture = Picture(datetime.now(UTC), "ok")
    try:
        picture.queues = counted_queues()
        management = Management.find()
        picture.differences, picture.alarms = lacking(management), alarms(management)
    except (SettingsError, WorldAway) as error:
        picture.broker = str(error)
    figures = ask_services(SERVICES, given)
    picture.counts = {service: of_service.counts for service, of_service in figures.items()}
    names = [(handler, service) for service in SERVICES for handler in work_queues(service)]
    picture.handlers = [_figures(picture, handler, figures[service], since) for handler, service in names]
    picture.services = [_service(of_service) for of_service in figures.values()]
    picture.late_canaries = _late_canaries(figures.values())
    picture.attention = list(attention(picture))
    return picture


def counted_queues() -> dict[str, Queue]:
    """As the broker's management API counted them last. Raises WorldAway, SettingsError."""
    management = Management.find()
    rows = management.get("queues", management.vhost, columns=",".join(_COLUMNS))
    return {row["name"]: queue_of(row) for row in sorted(rows, key=lambda row: str(row["name"]))}


def queue_of(row: Mapping[str, Any]) -> Queue:
    def rate(*kinds: str) -> float:
        stats = row.get("message_stats", {})
        total: float = sum(stats.get(f"{kind}_details", {}).get("rate", 0.0) for kind in kinds)
        return round(total, 1)

    return Queue(
        name=row["name"],
        state=row.get("state"),
        ready=row.get("messages_ready"),
        unacknowledged=row.get("messages_unacknowledged"),
        held=row.get("messages"),
        consumers=row.get("consumers"),
        rate_in=rate("publish"),
        rate_out=rate("ack", "get_no_ack", "deliver_no_ack"),
    )


def _figures(
    picture: Picture, handler: str, figures: ServiceFigures, since: Picture | None
) -> HandlerFigures:
    if not figures.answers:
        return HandlerFigures(handler, figures.service, None, None, None, None, None, None)
    recent = figures.counts.since(since.counts[figures.service]) if since else figures.counts
    dead = figures.gauges.get((DEAD_WAITING, handler))
    return HandlerFigures(
        handler=handler,
        service=figures.service,
        handled=int(figures.counts.get(MESSAGES, handler, "handled")),
        lag_p50=_rounded(recent.lag(handler, 0.5)),
        lag_p95=_rounded(recent.lag(handler, 0.95)),
        retries_sent=int(figures.counts.get(RETRIES, handler, "")),
        retries_waiting=picture.retrying if picture.broker == "ok" else None,
        dead_letters=None if dead is None else int(dead),
    )


def _late_canaries(figures: Iterable[ServiceFigures]) -> dict[str, float]:
    gauges = {key: value for of_service in figures for key, value in of_service.gauges.items()}
    ages = {key[1]: value for key, value in gauges.items() if key[0] == CANARY_AGE}
    return {queue: age for queue, age in ages.items() if is_late(age, gauges.get((RETRY_DELAY, queue), 0.0))}


def _service(figures: ServiceFigures) -> Service:
    pending = figures.gauges.get((OUTBOX_PENDING, figures.service))
    oldest = figures.gauges.get((OUTBOX_OLDEST, figures.service))
    return Service(
        name=figures.service,
        replicas=figures.replicas,
        failure=figures.failure,
        outbox_waiting=None if pending is None else int(pending),
        outbox_oldest_s=_rounded(oldest),
    )


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)

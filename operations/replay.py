"""Sending a service's event log again: after a lost queue, with a new broker, from a restored backup."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select

from chassis.messaging.outbox import OUTBOX
from chassis.messaging.publisher import Publisher
from chassis.names import REPLIES
from contracts.envelope import BATCH
from operations.databases import database_of, settings_of
from operations.errors import BrokerRefused

PAGE = 500


@dataclass
class Resent:
    """The messages and events that were sent again, or would be."""

    messages: int = 0
    by_routing_key: Counter[str] = field(default_factory=Counter)

    @property
    def events(self) -> int:
        return self.by_routing_key.total()

    def as_dict(self) -> dict[str, Any]:
        keys = dict(sorted(self.by_routing_key.items()))
        return {"messages": self.messages, "events": self.events, "by_routing_key": keys}


def count_log(service: str, since: datetime, *, replies: bool) -> int:
    """Messages that `resend_log` would send."""
    with database_of(service).read() as conn:
        wanted = select(func.count()).select_from(OUTBOX).where(_wanted(since, replies))
        return int(conn.execute(wanted).scalar_one())


def resend_log(
    service: str,
    since: datetime,
    *,
    replies: bool,
    dry_run: bool = False,
    advance: Callable[[], object] = lambda: None,
) -> Resent:
    """Publish what a service has recorded since then once more, in order.

    :param replies: also the replies to outside publishers.
    :param dry_run: only count.
    :raises BrokerRefused: some were not taken.
    """
    found = Resent()
    with _sender(service, dry_run) as send:
        for row in _rows(service, since, replies, bodies=not dry_run):
            send(row)
            found.messages += 1
            found.by_routing_key[row.routing_key] += row.events
            advance()
    return found


def _wanted(since: datetime, replies: bool) -> ColumnElement[bool]:
    recent = OUTBOX.c.created_at >= since
    return recent if replies else recent & (OUTBOX.c.exchange != REPLIES)


def _rows(service: str, since: datetime, replies: bool, *, bodies: bool) -> Iterator[Row[Any]]:
    """In order of id, which is the order of time; page by page, so that no transaction stays open."""
    columns = [OUTBOX.c.id, OUTBOX.c.exchange, OUTBOX.c.routing_key, OUTBOX.c.events]
    wanted = select(*columns, *([OUTBOX.c.body] if bodies else [])).where(_wanted(since, replies))
    last = None
    while True:
        page = wanted if last is None else wanted.where(OUTBOX.c.id > last)
        with database_of(service).read() as conn:
            rows = conn.execute(page.order_by(OUTBOX.c.id).limit(PAGE)).all()
        yield from rows
        if len(rows) < PAGE:
            return
        last = rows[-1].id


@contextmanager
def _sender(service: str, dry_run: bool) -> Iterator[Callable[[Row[Any]], object]]:
    """Publishes rows with confirms; leaving the block waits for the last of them."""
    if dry_run:
        yield lambda row: None
        return
    publisher = Publisher(settings_of(service).broker_url, "doorstep replay")
    try:
        yield lambda row: _send(publisher, row)
        publisher.wait()
        if publisher.refused:
            raise BrokerRefused(f"the broker refused {publisher.refused} messages of {service}")
    finally:
        publisher.drop()


def _send(publisher: Publisher, row: Row[Any]) -> None:
    publisher.send(
        row.id,
        row.exchange,
        row.routing_key,
        row.body.encode(),
        content_type=BATCH,
        on_confirmed=lambda _id: None,
    )

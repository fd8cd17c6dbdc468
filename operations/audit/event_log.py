"""Events of the services' event logs that no comparison of streams covers: each has been handled.

They are places, staff, policies, overdue tasks and undeliverable messages.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta

import orjson
from sqlalchemy import select

from chassis.database.statements import is_in
from chassis.messaging.outbox import OUTBOX
from chassis.names import EVENTS
from operations.audit.relations import BY_STREAM
from operations.audit.result import Audit
from operations.audit.unhandled_events import Recorded
from operations.databases import database_of, settings_of
from operations.services import SERVICES, subscribers

PAGE = 100


def other_events_are_handled(audit: Audit) -> None:
    sums = audit.sums["other_events"] = dict.fromkeys(
        ("recorded", "handled", "in_flight", "dead_lettered", "lost"), 0
    )
    wanted = {
        kind: [handler for handler in handlers if (kind, handler) not in BY_STREAM]
        for kind, handlers in subscribers().items()
    }
    types = sorted(kind for kind, handlers in wanted.items() if handlers)
    for service in SERVICES:
        for page in _recorded_in_log(service, types):
            by_type: dict[str, list[Recorded]] = {}
            for event in page:
                by_type.setdefault(event.type, []).append(event)
            for kind, events in by_type.items():
                for handler in wanted[kind]:
                    handled = audit.unhandled.handled(handler, service, [event.id for event in events])
                    unhandled = [event for event in events if event.id not in handled]
                    sums["recorded"] += len(events)
                    judged = audit.unhandled.judge(handler, service, unhandled)
                    sums["handled"] += len(events) - len(unhandled) + judged.pop("known", 0)
                    for name, count in judged.items():
                        sums[name] += count


def _recorded_in_log(service: str, types: Collection[str]) -> Iterator[list[Recorded]]:
    """Events of these types in a service's event log, page by page; `about` is their subject."""
    # Older events may have left the inboxes.
    since = datetime.now(UTC) - timedelta(days=settings_of(service).inbox_days - 1)
    last = None
    while True:
        with database_of(service).read() as conn:
            wanted = select(OUTBOX.c.id, OUTBOX.c.created_at, OUTBOX.c.body).where(
                OUTBOX.c.exchange == EVENTS,
                is_in(conn, OUTBOX.c.routing_key, types),
                OUTBOX.c.created_at > since,
            )
            wanted = wanted if last is None else wanted.where(OUTBOX.c.id > last)
            rows = conn.execute(wanted.order_by(OUTBOX.c.id).limit(PAGE)).all()
        page = [
            Recorded(
                event["id"],
                event["type"],
                event.get("subject") or "",
                row.created_at,
                event.get("aggregateversion"),
            )
            for row in rows
            for event in orjson.loads(row.body)
        ]
        if page:
            yield page
        if len(rows) < PAGE:
            return
        last = rows[-1].id

"""Events on their way from the service that recorded them to those that handle them.

An event goes from the outbox into a queue and from there, in one transaction, into the subscriber's inbox.
It is looked for in that order, so that one on the move cannot be overlooked: what was past the queue when
the queue was looked at is in the inbox when that is looked at, or in a consumer's hands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from importlib import import_module
from typing import Any

from operations.settings import SERVICES

# A younger event may be in a consumer's hands, where no queue shows it.
GRACE = timedelta(seconds=60)
PAGE = 1000

EventKey = tuple[str, str]
"""(source, id)."""


@dataclass(frozen=True)
class Missing:
    """Something that must be there and is not. `lost`: an event that may still turn up."""

    what: str
    id: str
    why: str
    lost: bool = False

    def as_dict(self) -> dict[str, str]:
        return {"what": self.what, "id": self.id, "why": self.why}


@dataclass(frozen=True)
class Recorded:
    """An event that must reach a handler. `about`: the arrival or case; `at`: when, in real time."""

    id: str
    type: str
    about: str
    at: datetime


@dataclass
class Waiting:
    """What waits in outboxes and queues, in messages. `queues` is None where the broker is away."""

    outboxes: dict[str, int]
    queues: dict[str, int] | None
    broker: str = "ok"

    @property
    def quiet(self) -> bool:
        work = sum(count for name, count in (self.queues or {}).items() if name != unrouted())
        return not work and not any(self.outboxes.values())

    def may_hold(self, handler: str) -> bool:
        """Whether a queue holds something that could be for this handler; where none is known: yes."""
        from chassis.messaging.topology import dead_name, guarded_name

        if self.queues is None or self._retrying:
            return True
        return any(self.queues.get(name) for name in (handler, dead_name(handler), guarded_name(handler)))

    @cached_property
    def _retrying(self) -> bool:
        found = (self.queues or {}).items()
        return any(count for name, count in found if name.startswith("doorstep.retry."))


def waiting() -> Waiting:
    from chassis.errors import WorldAway

    outboxes = pending()
    try:
        return Waiting(outboxes, depths())
    except WorldAway as error:
        return Waiting(outboxes, None, str(error))


def pending() -> dict[str, int]:
    """Messages of each service that the broker has not confirmed yet."""
    from chassis.messaging.outbox import pending as count
    from operations.databases import databases

    found = {}
    for service, database in databases().items():
        with database.read() as conn:
            found[service] = count(conn)[0]
    return found


def depths() -> dict[str, int]:
    """Ready messages in every work, retry and dead queue, and among the unrouted. Raises WorldAway."""
    from amqp.exceptions import NotFound

    from chassis.messaging.topology import consumed_queues, dead_name, retry_name
    from operations.databases import broker, settings_of

    work = [name for handlers in subscribers().values() for name, _ in handlers]
    retries = [retry_name(delay) for delay in settings_of(SERVICES[0]).retry_delays]
    read = [
        name
        for service in SERVICES
        for handler in import_module(f"services.{service}.handlers").HANDLERS
        for name in consumed_queues(service, handler)
    ]
    names = dict.fromkeys([*read, *retries, *map(dead_name, work), unrouted()])
    found = {}
    with broker("doorstep audit") as connection:
        channel = connection.channel()
        for name in names:
            try:
                found[name] = int(channel.queue_declare(name, passive=True).message_count)
            except NotFound:  # closes the channel
                channel = connection.channel()
                found[name] = 0
    return found


@cache
def subscribers() -> dict[str, list[tuple[str, str]]]:
    """Event type -> the (queue, service) of each handler that takes it."""
    found: dict[str, list[tuple[str, str]]] = {}
    for service in SERVICES:
        for handler in import_module(f"services.{service}.handlers").HANDLERS:
            for event in handler.events:
                found.setdefault(event, []).append((handler.queue(service), service))
    return found


def unrouted() -> str:
    from chassis.names import UNROUTED

    return UNROUTED


@dataclass
class Passage:
    """Judges what a handler has not handled yet: in flight, dead, or lost."""

    waiting: Waiting
    missing: list[Missing] = field(default_factory=list)
    in_flight: Counter[str] = field(default_factory=Counter)
    unseen: int = 0
    """Events that only the broker could have told from lost ones, and it was away."""
    dead: Counter[str] = field(default_factory=Counter)
    _unread: dict[str, dict[str, set[EventKey]]] = field(default_factory=dict)

    def handled(self, handler: str, source: str, ids: Collection[str]) -> set[str]:
        """Which of these events of a service stand in the handler's inbox, now."""
        from sqlalchemy import select

        from chassis.database.statements import is_in
        from chassis.messaging.inbox import INBOX
        from operations.databases import database_of, service_of_handler

        with database_of(service_of_handler(handler)).read() as conn:
            rows = conn.execute(
                select(INBOX.c.event_id).where(
                    INBOX.c.handler == handler,
                    INBOX.c.source == f"/doorstep/{source}",
                    is_in(conn, INBOX.c.event_id, ids),
                )
            )
            return set(rows.scalars())

    def judge(self, handler: str, source: str, unhandled: Iterable[Recorded]) -> Counter[str]:
        """Counts them as in_flight, dead_lettered or lost, and names the lost."""
        events = list(unhandled)
        dead = self._dead(handler, source, [event.id for event in events])
        found: Counter[str] = Counter()
        for event in events:
            if event.id in dead:
                found["dead_lettered"] += 1
                self.dead[handler] += 1
            elif self.waiting.outboxes[source] or self.may_come(handler, event.at):
                found["in_flight"] += 1
                self.in_flight[handler] += 1
            else:
                found["lost"] += 1
                self.missing.append(Missing(event.type, event.id, self._lost(handler, event), lost=True))
        return found

    def may_come(self, handler: str, sent_at: datetime) -> bool:
        """Whether what was sent to a handler then, and is not handled, may still be on its way."""
        if datetime.now(UTC) - sent_at < GRACE:
            return True
        self.unseen += self.waiting.queues is None
        return self.waiting.may_hold(handler)

    def _lost(self, handler: str, event: Recorded) -> str:
        at = event.at.isoformat(timespec="seconds")
        why = f"recorded at {at}, not handled by {handler}, and in no queue"
        if (self.waiting.queues or {}).get(unrouted()):
            return f"{why} (it may be in {unrouted()}): see `doorstep topology check`"
        return f"{why}: `doorstep replay --since` sends it again"

    def _dead(self, handler: str, source: str, ids: Collection[str]) -> set[str]:
        """Those that were given up on and have not been replayed."""
        from sqlalchemy import select

        from chassis.database.statements import is_in
        from chassis.messaging.dead_letters import DEAD
        from operations.databases import database_of, service_of_handler

        service = service_of_handler(handler)
        with database_of(service).read() as conn:
            rows = conn.execute(
                select(DEAD.c.event_id).where(
                    DEAD.c.handler == handler,
                    DEAD.c.source == f"/doorstep/{source}",
                    DEAD.c.state != "replayed",
                    is_in(conn, DEAD.c.event_id, ids),
                )
            )
            found = set(rows.scalars())
        if len(found) < len(ids):
            inside = self._inside_letters(service).get(handler, set())
            found |= {id for id in ids if (f"/doorstep/{source}", id) in inside}
        return found

    def _inside_letters(self, service: str) -> dict[str, set[EventKey]]:
        """Events in whole messages that the broker gave up on: their rows name none."""
        if service not in self._unread:
            self._unread[service] = _inside_letters(service)
        return self._unread[service]


def _inside_letters(service: str) -> dict[str, set[EventKey]]:
    from sqlalchemy import select

    from chassis.messaging.dead_letters import DEAD, PURPOSE, event_of
    from chassis.sealing import SealBroken
    from contracts.envelope import Unreadable, parse_message
    from operations.databases import database_of, settings_of

    sealer = settings_of(service).sealer()
    found: dict[str, set[EventKey]] = {}
    wanted = select(DEAD.c.handler, DEAD.c.content_type, DEAD.c.sealed_body).where(
        DEAD.c.event_id.is_(None), DEAD.c.state != "replayed"
    )
    with database_of(service).read() as conn:
        for row in conn.execution_options(yield_per=100).execute(wanted):
            try:
                parsed = parse_message(sealer.unseal(row.sealed_body, PURPOSE), row.content_type)
            except (Unreadable, SealBroken):
                continue
            events = [event_of(parsed, document) for document in parsed.documents]
            keys = {(event.source, event.id) for event in events if event.source and event.id}
            found.setdefault(row.handler, set()).update(keys)
    return found


def recorded_in_log(service: str, types: Collection[str]) -> Iterator[list[Recorded]]:
    """Events of these types in a service's event log, page by page; `about` is their subject."""
    import orjson
    from sqlalchemy import select

    from chassis.database.statements import is_in
    from chassis.messaging.outbox import OUTBOX
    from chassis.names import EVENTS
    from operations.databases import database_of, settings_of

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
            rows: list[Any] = list(conn.execute(wanted.order_by(OUTBOX.c.id).limit(PAGE // 10)))
        page = [
            Recorded(event["id"], event["type"], event.get("subject") or "", row.created_at)
            for row in rows
            for event in orjson.loads(row.body)
        ]
        if page:
            yield page
        if len(rows) < PAGE // 10:
            return
        last = rows[-1].id

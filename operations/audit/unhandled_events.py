"""Events that were recorded and not handled: they are on their way, dead, or lost.

An event goes from the outbox into a queue and from there, in one transaction, into the subscriber's inbox.
It is looked for in that order, so that one on the move cannot be overlooked: if it was past the queue when
the queue was looked at, it is in the inbox when that is looked at, or in a consumer's hands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from chassis.database.statements import is_in
from chassis.inbox import INBOX
from chassis.messaging.dead_letters import DEAD, event_of, opened
from chassis.names import UNROUTED
from chassis.sealing import SealBroken
from contracts.envelope import Unreadable, parse_message
from operations.audit.waiting_messages import Waiting
from operations.databases import database_of, settings_of
from operations.services import handler_of, service_of

# A younger event may be in a consumer's hands, where no queue shows it.
GRACE = timedelta(seconds=60)

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
    """An event that must reach a handler. `about`: the arrival or case; `at`: when, in real time.

    `version`: of what it is about, where a copy may have a newer one.
    """

    id: str
    type: str
    about: str
    at: datetime
    version: int | None = None


@dataclass
class UnhandledEvents:
    """Judges events that a handler has not handled, and counts them.

    :param missing: the lost ones.
    :param unseen: events that only the broker could have told from lost ones, and it was away.
    """

    waiting: Waiting
    missing: list[Missing] = field(default_factory=list)
    in_flight: Counter[str] = field(default_factory=Counter)
    unseen: int = 0
    _inside_letters: dict[str, dict[str, set[EventKey]]] = field(default_factory=dict)

    def handled(self, handler: str, source: str, ids: Collection[str]) -> set[str]:
        """Those events of a service that stand in the handler's inbox now."""
        with database_of(service_of(handler)).read() as conn:
            rows = conn.execute(
                select(INBOX.c.event_id).where(
                    INBOX.c.handler == handler,
                    INBOX.c.source == f"/doorstep/{source}",
                    is_in(conn, INBOX.c.event_id, ids),
                )
            )
            return set(rows.scalars())

    def judge(self, handler: str, source: str, unhandled: Iterable[Recorded]) -> Counter[str]:
        """Counts them as in_flight, dead_lettered, known or lost, and names the lost.

        Known is what a copy has in that version or a newer one: it is younger than the event, and was filled
        by an announcement.
        """
        events = list(unhandled)
        known = self._known(handler, events)
        dead = self._dead(handler, source, [event.id for event in events])
        found: Counter[str] = Counter()
        for event in events:
            if event.id in dead:
                found["dead_lettered"] += 1
            elif self.waiting.outboxes[source] or self.may_come(handler, event.at):
                found["in_flight"] += 1
                self.in_flight[handler] += 1
            elif event.about in known:
                found["known"] += 1
            else:
                found["lost"] += 1
                self.missing.append(Missing(event.type, event.id, self._why(handler, event), lost=True))
        return found

    def may_come(self, handler: str, sent_at: datetime) -> bool:
        """Whether an event that was sent to a handler then, and is not handled, may still be on its way."""
        if datetime.now(UTC) - sent_at < GRACE:
            return True
        self.unseen += self.waiting.queues is None
        return self.waiting.may_hold(handler)

    def _why(self, handler: str, event: Recorded) -> str:
        at = event.at.isoformat(timespec="seconds")
        why = f"recorded at {at}, not handled by {handler}, and in no queue"
        if self.waiting.unrouted:
            return f"{why} (it may be in {UNROUTED}): see `doorstep topology check`"
        return f"{why}: `doorstep replay --since` sends it again"

    def _known(self, handler: str, events: Sequence[Recorded]) -> set[str]:
        known = handler_of(handler).known
        versions: dict[str, int] = {}
        for event in events:
            versions[event.about] = max(versions.get(event.about, 0), event.version or 0)
        if known is None or not versions:
            return set()
        with database_of(service_of(handler)).read() as conn:
            return known(conn, versions)

    def _dead(self, handler: str, source: str, ids: Collection[str]) -> set[str]:
        """Those that were given up on and have not been replayed."""
        service = service_of(handler)
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
            if service not in self._inside_letters:
                self._inside_letters[service] = _events_inside_letters(service)
            inside = self._inside_letters[service].get(handler, set())
            found |= {id for id in ids if (f"/doorstep/{source}", id) in inside}
        return found


def _events_inside_letters(service: str) -> dict[str, set[EventKey]]:
    """Handler -> events in whole messages that the broker gave up on: the rows of these name no event."""
    sealer = settings_of(service).sealer()
    found: dict[str, set[EventKey]] = {}
    columns = (DEAD.c.handler, DEAD.c.content_type, DEAD.c.content_encoding, DEAD.c.sealed_body)
    wanted = select(*columns).where(DEAD.c.event_id.is_(None), DEAD.c.state != "replayed")
    with database_of(service).read() as conn:
        for row in conn.execution_options(yield_per=100).execute(wanted):
            try:
                body = opened(sealer, row.sealed_body)
                parsed = parse_message(body, row.content_type, row.content_encoding)
            except (Unreadable, SealBroken):
                continue
            events = [event_of(parsed, document) for document in parsed.documents]
            keys = {(event.source, event.id) for event in events if event.source and event.id}
            found.setdefault(row.handler, set()).update(keys)
    return found

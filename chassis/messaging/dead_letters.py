"""Dead letters are rows: sealed, listed without personal data, replayed or discarded by a named person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from chassis.database import insert_rows
from chassis.ids import new_id
from chassis.messaging.topology import BACK
from chassis.sealing import Sealer
from chassis.unit_of_work import TABLES
from contracts.envelope import ONE, Event, Unreadable, read_message

DEAD = TABLES["dead_letters"]
PURPOSE = "dead_letter"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What a handler gives up on: one event, or a whole message that could not be read."""

    handler: str
    error: str
    attempts: int
    body: str
    content_type: str
    first_failed_at: datetime
    headers: dict[str, Any]
    event: Event | None = None


def of_event(
    handler: str, event: Event, error: str, *, attempts: int, first_failed_at: datetime, routing_key: str
) -> DeadLetter:
    return DeadLetter(
        handler=handler,
        error=error,
        attempts=attempts,
        body=orjson.dumps(event.raw).decode(),
        content_type=ONE,
        first_failed_at=first_failed_at,
        headers={"doorstep-routing-key": routing_key},
        event=event,
    )


def of_broker(handler: str, message: Any) -> list[DeadLetter]:
    """What the broker gave up on: delivered too often without an ack. Its `x-` headers are left behind.

    Events packed in one message become a letter each, so that they can be counted and replayed one by one.
    """
    found = message.properties.get("application_headers") or {}
    death = _death(found, handler)
    ours = of_our_copy(found, death.get("exchange"))
    headers = {
        key: value
        for key, value in found.items()
        if isinstance(key, str)
        and isinstance(value, str | int)
        and not key.startswith("x-")
        and (key in ours or not key.startswith("doorstep-"))
    }
    # Tries before the one that killed; how often it was delivered the broker has forgotten by now.
    attempts = _whole(ours.get("doorstep-attempts"))
    error = "delivered too often: the consumer died on it each time"
    content_type = message.properties.get("content_type") or ""
    now = datetime.now(UTC)
    try:
        events = read_message(message.body, content_type)
    except Unreadable as unreadable:
        error += f"; and it cannot be read: {unreadable}"
        return [DeadLetter(handler, error, attempts, text_of(message.body), content_type, now, headers)]
    routing_key = str(headers.get("doorstep-routing-key") or next(iter(death.get("routing-keys") or ()), ""))
    letters = [
        of_event(handler, event, error, attempts=attempts, first_failed_at=now, routing_key=routing_key)
        for event in events
    ]
    return [replace(letter, headers={**headers, **letter.headers}) for letter in letters]


def of_our_copy(headers: Mapping[str, Any], exchange: str | None) -> Mapping[str, Any]:
    """The headers of a copy that we made; none of any other message.

    Outsiders can write them too, and a routing key among them would speak in another publisher's name. Only
    we publish what comes by `doorstep.back`.
    """
    return headers if exchange == BACK else {}


def text_of(body: Any) -> str:
    """A body as text that can be stored, whatever was sent."""
    raw = body.encode("utf-8", "replace") if isinstance(body, str) else bytes(body)
    return raw.decode("utf-8", "replace")


def bury(conn: Connection, sealer: Sealer, letters: Sequence[DeadLetter]) -> None:
    """Write the rows, in the transaction that settles the events."""
    now = datetime.now(UTC)
    insert_rows(
        conn,
        DEAD,
        [
            {
                "id": new_id(),
                "handler": letter.handler,
                "source": letter.event.source if letter.event else None,
                "event_id": letter.event.id if letter.event else None,
                "event_type": _fit(letter.event.type, 100) if letter.event else None,
                "correlation_id": _fit(letter.event.correlationid, 200) if letter.event else None,
                "error": _fit(letter.error, 2000),
                "attempts": letter.attempts,
                "first_failed_at": letter.first_failed_at,
                "dead_at": now,
                "content_type": _fit(letter.content_type, 200),
                "sealed_body": sealer.seal(letter.body, PURPOSE),
                "headers": {
                    _fit(key, 200): _fit(value, 1000) if isinstance(value, str) else value
                    for key, value in letter.headers.items()
                },
                "state": "waiting",
            }
            for letter in letters
        ],
    )


def listed(conn: Connection, state: str = "waiting", most: int = 1000) -> list[dict[str, Any]]:
    """Newest last, without the sealed body."""
    columns = [column for column in DEAD.c if column.name != "sealed_body"]
    rows = conn.execute(select(*columns).where(DEAD.c.state == state).order_by(DEAD.c.id).limit(most))
    return [dict(row._mapping) for row in rows]


def one(conn: Connection, letter_id: str) -> dict[str, Any] | None:
    row = conn.execute(select(DEAD).where(DEAD.c.id == letter_id)).one_or_none()
    return dict(row._mapping) if row else None


def settle(conn: Connection, letter_id: str, state: str, *, by: str, reason: str) -> bool:
    """Mark as replayed or discarded; False when somebody did so before."""
    result = conn.execute(
        update(DEAD)
        .where(DEAD.c.id == letter_id, DEAD.c.state == "waiting")
        .values(state=state, settled_at=datetime.now(UTC), settled_by=by, settled_reason=reason)
    )
    return bool(result.rowcount)


def _fit(text: str, most: int) -> str:
    """A letter that does not fit its column could not be buried, and its message would block the queue."""
    return str(_storable(text))[:most]


def _storable(value: Any) -> Any:
    """Without NUL and half characters, which AMQP carries and no database takes."""
    if not isinstance(value, str):
        return value
    return value.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _death(headers: Mapping[str, Any], queue: str) -> Mapping[str, Any]:
    """What the broker noted when the message died in this queue: how it had come there."""
    deaths: list[Mapping[str, Any]] = headers.get("x-death") or []
    return next((death for death in deaths if death.get("queue") == queue), {})

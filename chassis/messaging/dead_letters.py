"""Dead letters are rows: sealed, listed without personal data, replayed or discarded by a named person."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import orjson
from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from chassis.database.statements import insert_rows, is_in, lock_rows
from chassis.database.tables import TABLES
from chassis.ids import new_id
from chassis.names import ATTEMPTS, BACK, LETTER, ROUTING_KEY, is_own_queue
from chassis.sealing import BlindIndex, SealBroken, Sealer
from contracts.envelope import (
    ONE,
    BadEvent,
    Event,
    Parsed,
    Unreadable,
    Wire,
    bytes_of,
    parse_message,
    wire_of,
)
from contracts.personal_ids import masked_ids

DEAD = TABLES["dead_letters"]
ACTS = TABLES["dead_letter_acts"]
PURPOSE = "dead_letter"


# Why the broker gave a message up, in its own words (`x-death`), and in ours.
EXPIRED: Final = "expired"
_DEATHS = {
    "delivery_limit": "delivered too often: the consumer died on it each time",
    EXPIRED: "expired: its time limit was over before anybody had taken it",
    "rejected": "rejected: a consumer refused it, and no service of ours ever does",
    "maxlen": "pushed out: the queue was full, by a limit that was set at the broker",
}
_NO_DEATH = "given up by the broker, which does not say why"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that a handler has given up, or a whole message that cannot be read.

    :param wire: the bytes as they came.
    :param event: None where not one event could be read from the message.
    :param follows: the letter that was replayed and came back as this one.
    :param death: why the broker gave it up, in its word; None where a handler did.
    :param kept: False where its publisher sent so many today that it is only counted, and answered.
    """

    handler: str
    error: str
    attempts: int
    wire: Wire
    first_failed_at: datetime
    headers: dict[str, Any]
    event: Event | BadEvent | None = None
    follows: str | None = None
    death: str | None = None
    kept: bool = True

    @property
    def names_an_event(self) -> bool:
        """Whether it says which event of whom it is."""
        return self.event is not None and bool(self.event.id and self.event.source)


def of_event(
    handler: str,
    event: Event | BadEvent,
    error: str,
    *,
    attempts: int,
    first_failed_at: datetime,
    routing_key: str,
    wire: Wire | None = None,
) -> DeadLetter:
    """:param wire: of a bad event, which does not know its own."""
    return DeadLetter(
        handler=handler,
        error=error,
        attempts=attempts,
        wire=wire_of(event) if isinstance(event, Event) else wire or Wire(orjson.dumps(event.raw), ONE),
        first_failed_at=first_failed_at,
        headers={ROUTING_KEY: routing_key},
        event=event,
        follows=event.letter,
    )


def of_broker(handler: str, message: Any, index: BlindIndex) -> list[DeadLetter]:
    """Letters for a message that the broker gave up, without its `x-` headers; they say why it did.

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
    # These are the tries before the fatal one. The broker no longer knows how often it delivered the message.
    attempts = count_of(ours.get(ATTEMPTS))
    reason = death.get("reason")
    cause = reason if isinstance(reason, str) and reason in _DEATHS else None
    error = _DEATHS.get(cause or "", _NO_DEATH)
    wire = wire_in(message)
    follows = letter_of(ours)
    now = datetime.now(UTC)
    headers |= _routing_key(headers.get(ROUTING_KEY), death)
    try:
        parsed = parse_message(wire.body, wire.content_type, wire.content_encoding)
    except Unreadable as unreadable:
        error += f"; and it cannot be read: {unreadable}"
        return [DeadLetter(handler, error, attempts, wire, now, headers, follows=follows, death=cause)]
    letters = of_each_event(handler, parsed, error, attempts=attempts, first_failed_at=now, index=index)
    return [replace(one, headers=dict(headers), follows=follows, death=cause) for one in letters]


def only_expired(handler: str, message: Any) -> str | None:
    """The routing key of an outsider's message whose time was over before anybody had taken it; None for any
    other. Who published it set that time: nothing is wrong with it. None of a copy of ours, too, which has no
    time in its work queue: there an operator's policy ended it, and would end the next one."""
    death = _death(message.properties.get("application_headers") or {}, handler)
    if death.get("reason") != EXPIRED or death.get("exchange") == BACK:
        return None
    return _routing_key(None, death).get(ROUTING_KEY)


def as_it_came(handler: str, message: Any, why: str) -> DeadLetter:
    """A letter for a message that cannot be taken apart: its bytes, and nothing that needs to be read.

    And its routing key: without one it could not be replayed.
    """
    error = f"{_NO_DEATH}; and it could not be taken apart: {why}"
    found = message.properties.get("application_headers") or {}
    death = _death(found, handler)
    headers = _routing_key(of_our_copy(found, death.get("exchange")).get(ROUTING_KEY), death)
    return DeadLetter(handler, error, 0, wire_in(message), datetime.now(UTC), headers)


def _routing_key(ours: Any, death: Mapping[str, Any]) -> dict[str, str]:
    """As a header of the letter; none where nobody knows it."""
    known = ours or _first(death.get("routing-keys"))
    return {ROUTING_KEY: known} if isinstance(known, str) and known else {}


def of_each_event(
    handler: str, parsed: Parsed, error: str, *, attempts: int, first_failed_at: datetime, index: BlindIndex
) -> Iterator[DeadLetter]:
    """Letters for the events of a message of which none is handled. They do not know their routing key."""
    for document in parsed.documents:
        event, why = without_numbers(event_of(parsed, document), index), error
        if isinstance(event, BadEvent) and event.fault:
            why += f"; and it cannot be read: {event.fault.message}"
        wire = parsed.wire_of(document)
        yield DeadLetter(handler, why, attempts, wire, first_failed_at, {}, event)


def wire_in(message: Any) -> Wire:
    """What a message of the broker holds, and what it says of it."""
    said = message.properties
    return Wire(bytes_of(message.body), said.get("content_type") or "", said.get("content_encoding"))


def event_of(parsed: Parsed, document: Any) -> Event | BadEvent:
    """One event of a message, whoever published it."""
    try:
        return parsed.read(document, None)
    except Unreadable as error:
        return BadEvent(error.fault, document)


_Either = TypeVar("_Either", bound=Event | BadEvent)


def without_numbers(event: _Either, index: BlindIndex) -> _Either:
    """The same event by other ids, where its own hold the number of a person in it."""
    masked: dict[str, Any] = {**masked_ids(event.raw, lambda id: index.brief("event_id", id))}
    if not masked:
        return event
    # The raw event keeps its own, and is kept sealed; of a bad one, all that is known is in there.
    return replace(event, **(masked if isinstance(event, Event) else {"raw": {**event.raw, **masked}}))


def of_our_copy(headers: Mapping[str, Any], exchange: str | None) -> Mapping[str, Any]:
    """Return the headers of a copy that we made, and none for any other message.

    Outsiders can write such headers too; with a routing key among them they could act as another publisher.
    Only our own copies come by `doorstep.back`.
    """
    return headers if exchange == BACK else {}


def letter_of(headers: Mapping[str, Any]) -> str | None:
    """Return the id of the dead letter from which our copy was made."""
    try:
        return str(uuid.UUID(str(headers[LETTER])))
    except (KeyError, ValueError):
        return None


def count_of(header: Any) -> int:
    """Read a header that counts, such as attempts; 0 where no column could hold its value."""
    return header if isinstance(header, int) and 0 <= header < 2**31 else 0


def not_yet_waiting(conn: Connection, sealer: Sealer, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
    """Leave out letters about events that wait already for the same reason, with the same body. A letter that
    follows another one stays in, because `bury` settles the earlier letter."""
    if not letters:
        return []
    handlers = {letter.handler for letter in letters}  # the index has state and handler
    about = {letter.event.id for letter in letters if isinstance(letter.event, Event)}
    columns = (DEAD.c.handler, DEAD.c.source, DEAD.c.event_id, DEAD.c.error, DEAD.c.sealed_body)
    rows = conn.execute(
        select(*columns).where(
            DEAD.c.state == "waiting",
            is_in(conn, DEAD.c.handler, handlers),
            is_in(conn, DEAD.c.event_id, about),
        )
    )
    waiting = {(*row[:-1], _body_of(sealer, row)) for row in rows}
    return [
        letter
        for letter in letters
        if not isinstance(letter.event, Event)
        or letter.follows
        or (letter.handler, letter.event.source, letter.event.id, letter.error, letter.wire.body)
        not in waiting
    ]


def bury(conn: Connection, sealer: Sealer, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
    """Write the rows, in the transaction that settles the events. Returns the letters that are new.

    A replay that was killed and begun again may have sent a copy twice: only one letter follows another.
    """
    replayed = {letter.follows for letter in letters if letter.follows}
    buried: set[tuple[str | bytes | None, ...]] = set()
    if replayed:
        _settle(conn, replayed, "replayed")
        columns = (DEAD.c.follows, DEAD.c.handler, DEAD.c.source, DEAD.c.event_id, DEAD.c.sealed_body)
        rows = conn.execute(select(*columns).where(is_in(conn, DEAD.c.follows, replayed)))
        buried = {(r.follows, r.handler, r.source, r.event_id, _body_of(sealer, r)) for r in rows}
    now = datetime.now(UTC)
    new: list[DeadLetter] = []
    for letter in letters:
        if letter.follows:
            event = letter.event
            source, event_id = (event.source, event.id) if event else (None, None)
            key = (letter.follows, letter.handler, source, event_id, letter.wire.body)
            if key in buried:
                continue
            buried.add(key)
        new.append(letter)
    insert_rows(conn, DEAD, [_row(sealer, letter, now) for letter in new if letter.kept])
    return new


def _body_of(sealer: Sealer, row: Any) -> bytes | None:
    """The body tells apart faulty events of one replayed message that share an id, or have none.

    None where this process lacks the key: then a second letter is better than none.
    """
    try:
        return opened(sealer, row.sealed_body)
    except SealBroken:
        return None


def _sealed(sealer: Sealer, body: bytes) -> str:
    """As text where its bytes are some, as versions of before wrote and read it."""
    try:
        return sealer.seal(body.decode(), PURPOSE)
    except UnicodeDecodeError:
        return sealer.seal({"base64": base64.b64encode(body).decode()}, PURPOSE)


def opened(sealer: Sealer, sealed_body: str) -> bytes:
    """The bytes of a letter, to the bit. Raises SealBroken."""
    found = sealer.unseal(sealed_body, PURPOSE)
    return base64.b64decode(found["base64"]) if isinstance(found, dict) else str(found).encode()


def _row(sealer: Sealer, letter: DeadLetter, now: datetime) -> dict[str, Any]:
    event = letter.event
    return {
        "id": new_id(),
        "handler": letter.handler,
        "source": event.source if event else None,
        "event_id": event.id if event else None,
        "event_type": _fit_or_none(event.type if event else None, 100),
        "correlation_id": _fit_or_none(event.correlationid if event else None, 200),
        "error": _fit(letter.error, 2000),
        "attempts": letter.attempts,
        "first_failed_at": letter.first_failed_at,
        "dead_at": now,
        "content_type": _fit(letter.wire.content_type, 200),
        "content_encoding": _fit_or_none(letter.wire.content_encoding, 200),
        "sealed_body": _sealed(sealer, letter.wire.body),
        "death": letter.death,
        "unread_bytes": None if event else len(letter.wire.body),
        "headers": {
            _fit(key, 200): _fit(value, 1000) if isinstance(value, str) else value
            for key, value in letter.headers.items()
            if key != LETTER
        },
        "state": "waiting",
        "follows": letter.follows,
    }


def one(conn: Connection, letter_id: str) -> dict[str, Any] | None:
    row = conn.execute(select(DEAD).where(DEAD.c.id == letter_id)).one_or_none()
    return dict(row._mapping) if row else None


# -- acts of people on letters ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Act:
    """One act of a person on a number of letters. It is written down before it is done.

    :param what: replay or discard.
    :param filter: the conditions by which the letters were chosen.
    """

    id: str
    by: str
    what: str
    filter: dict[str, Any]
    reason: str


def begin(conn: Connection, act: Act, chosen: int) -> None:
    """:param chosen: the number of letters in this database that the act concerns."""
    row = {"id": act.id, "at": datetime.now(UTC), "by": _fit(act.by, 100), "what": act.what}
    insert_rows(conn, ACTS, [row | {"filter": act.filter, "reason": act.reason, "chosen": chosen}])


def take(conn: Connection, letter_ids: Collection[str], act: Act) -> list[dict[str, Any]]:
    """Put this act on those of the letters that wait, and return them.

    They go on waiting: a replay that dies half-way loses none of them.
    """
    lock_rows(conn, DEAD, "id", letter_ids)
    mine = is_in(conn, DEAD.c.id, letter_ids) & (DEAD.c.state == "waiting")
    conn.execute(update(DEAD).where(mine).values(act_id=act.id))
    return [dict(row._mapping) for row in conn.execute(select(DEAD).where(mine).order_by(DEAD.c.id))]


def replayed(conn: Connection, letter_ids: Collection[str]) -> None:
    """Settle letters whose copies the broker has confirmed."""
    _settle(conn, letter_ids, "replayed")


def discarded(conn: Connection, letter_ids: Collection[str]) -> None:
    _settle(conn, letter_ids, "discarded")


def handled(conn: Connection, letter_ids: Collection[str]) -> None:
    """Note that the replayed copies of these letters are handled in this transaction.

    This also settles letters whose replay was killed before it could note that it had sent them.
    """
    _settle(conn, letter_ids, "replayed")
    these = is_in(conn, DEAD.c.id, letter_ids) & DEAD.c.handled_at.is_(None)
    conn.execute(update(DEAD).where(these).values(handled_at=datetime.now(UTC)))


def _settle(conn: Connection, letter_ids: Collection[str], state: str) -> None:
    """Settle those of the letters that wait, in the name of the last act on each."""
    lock_rows(conn, DEAD, "id", letter_ids)

    def of_act(column: str) -> Any:
        return select(ACTS.c[column]).where(ACTS.c.id == DEAD.c.act_id).scalar_subquery()

    conn.execute(
        update(DEAD)
        .where(is_in(conn, DEAD.c.id, letter_ids), DEAD.c.state == "waiting")
        .values(
            state=state,
            settled_at=datetime.now(UTC),
            settled_by=of_act("by"),
            settled_reason=of_act("reason"),
        )
    )


def _fit(text: str, most: int) -> str:
    """Cut a text to its column: a letter that does not fit could not be stored, and would block the queue."""
    return str(_storable(text))[:most]


def _fit_or_none(text: str | None, most: int) -> str | None:
    return None if text is None else _fit(text, most)


def _storable(value: Any) -> Any:
    """Replace NUL and half characters, which AMQP carries and databases refuse."""
    if not isinstance(value, str):
        return value
    return value.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _death(headers: Mapping[str, Any], queue: str) -> Mapping[str, Any]:
    """The broker's note on the last time that the message died in this queue.

    Only `x-death` is believed, for no outsider's can come into a queue that dead-letters (the guard); the
    others beginning with `x-last-death` or `x-first-death` are of some broker versions, or somebody's.
    """
    deaths = headers.get("x-death")
    notes = deaths if isinstance(deaths, list) else []
    return next((note for note in notes if isinstance(note, dict) and _is_of(note.get("queue"), queue)), {})


def _is_of(name: Any, queue: str) -> bool:
    """Whether it is the work queue, or a publisher's own beside it."""
    return name == queue or (isinstance(name, str) and is_own_queue(name, queue))


def _first(names: Any) -> Any:
    return names[0] if isinstance(names, list | tuple) and names else None

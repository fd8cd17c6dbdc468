"""Events that another system hands in by HTTP and waits for: the same handlers as by the broker.

Repeats by either way are one event. What a handler would put into the publisher's reply queue is returned.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from chassis.errors import Wrong, is_too_slow, is_world_away
from chassis.handlers import Handler
from chassis.messaging import dead_letters
from chassis.messaging.arrived import Tally
from chassis.messaging.dead_letters import DeadLetter
from chassis.messaging.transaction import letter_of_bad_event, read_event, settle_events
from chassis.telemetry import describe_error
from chassis.unit_of_work import Work
from contracts.envelope import BATCH, Event, Parsed, parse_message
from contracts.faults import Refused

REPEATED: Final = "repeated"
"""It came before and was handled; what became of it was said then."""
KEPT: Final = "kept"
"""The work on it failed, for a reason that is not in it: it waits as a dead letter and will be handled."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one event.

    :param type: of the answer that the broker would carry (report.accepted, …), or REPEATED, or KEPT.
    """

    type: str
    data: Mapping[str, Any]


def hand_in(work: Work, handler: Handler, publisher: str, body: bytes) -> list[Answer]:
    """An answer for each event, in their order.

    :param body: a JSON array of up to 200 CloudEvents. Raises Unreadable where it is none, and when the world
        is away or the database too slow: all is handed in again, and what was done is a repeat.
    """
    queue = handler.queue(work.service)
    parsed = parse_message(body, BATCH)
    pieces = [_read(work, queue, handler, parsed, document, publisher) for document in parsed.documents]
    try:
        return _in_one_transaction(work, queue, handler, pieces)
    except Exception as error:
        if is_world_away(error):
            raise
        log.warning("batch_event_by_event", handler=queue, error=describe_error(error))
    return [_alone(work, queue, handler, piece) for piece in pieces]


def _read(
    work: Work, queue: str, handler: Handler, parsed: Parsed, document: Any, publisher: str
) -> Event | DeadLetter:
    try:
        return read_event(handler, parsed, document, publisher, work.index)
    except Exception as error:
        key = f"{handler.events[0]}.{publisher}"
        return letter_of_bad_event(
            queue, parsed, document, error, publisher=publisher, routing_key=key, index=work.index
        )


def _in_one_transaction(
    work: Work, queue: str, handler: Handler, pieces: Sequence[Event | DeadLetter]
) -> list[Answer]:
    tally = Tally(queue)
    answers: dict[int, Answer] = {}
    with work.unit() as uow:
        said: list[tuple[str, Mapping[str, Any]]] = []
        uow.answers = said
        for n, piece in enumerate(pieces):
            if isinstance(piece, DeadLetter):  # alone, for an answer may not be able to name it
                settle_events(uow, queue, handler, [], [piece], tally=tally)
                answers[n] = Answer(*said.pop()) if said else Answer(KEPT, {})
        events = {n: piece for n, piece in enumerate(pieces) if isinstance(piece, Event)}
        settle_events(uow, queue, handler, list(events.values()), tally=tally)
    by_event: dict[tuple[str, str], list[Answer]] = defaultdict(list)
    for type, data in said:
        by_event[data["event"]["source"], data["event"]["id"]].append(Answer(type, data))
    for n, event in events.items():
        own = by_event[event.key]
        answers[n] = own.pop(0) if own else Answer(REPEATED, {})
    return [answers[n] for n in range(len(pieces))]


def _alone(work: Work, queue: str, handler: Handler, piece: Event | DeadLetter) -> Answer:
    try:
        return _in_one_transaction(work, queue, handler, [piece])[0]
    except Exception as error:
        if is_world_away(error) or is_too_slow(error):  # they still hold it, and will hand it in again
            raise
        log.error("event_failed", handler=queue, error=describe_error(error))
        with work.unit() as uow:
            letter = _failed(queue, piece, error)
            Tally(queue).add(uow, letters=dead_letters.bury(uow.conn, uow.sealer, [letter]))
        return Answer(KEPT, {})


def _failed(queue: str, piece: Event | DeadLetter, error: Exception) -> DeadLetter:
    if isinstance(piece, DeadLetter):
        return piece
    return dead_letters.of_event(
        queue,
        piece,
        str(error) if isinstance(error, Refused | Wrong) else describe_error(error),
        attempts=1,
        first_failed_at=datetime.now(UTC),
        routing_key=f"{piece.type}.{piece.publisher}",
    )

"""What one transaction does with the events of a handler, whoever hands them in: the broker or a door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from chassis.handlers import Handler
from chassis.inbox import Claimed, claim
from chassis.messaging import dead_letters
from chassis.messaging.arrived import Tally
from chassis.messaging.dead_letters import DeadLetter, without_numbers
from chassis.sealing import BlindIndex
from chassis.telemetry import describe_error
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import BadEvent, Event, Parsed, Unreadable
from contracts.faults import Fault
from contracts.personal_ids import personal_ids
from contracts.registry import load_data

IMPOSTOR = "the same source and id came before with other content"


@dataclass(frozen=True, slots=True)
class Settled:
    claimed: Claimed
    dead: int
    """How many became dead letters."""


def read_event(
    handler: Handler,
    parsed: Parsed,
    document: Any,
    publisher: str | None,
    index: BlindIndex,
    letter: str | None = None,
) -> Event:
    """One event of a message, its data loaded or its `problems` named. Raises Unreadable.

    One of an outsider whose ids hold the number of a person in it has this problem, and other ids.

    :param letter: the dead letter that was replayed as this message.
    """

    def load(type: str, dataschema: str | None, data: dict[str, Any]) -> Any:
        if type not in handler.events:
            raise Unreadable("this queue takes no such event type", field="type", code="unknown_type")
        return load_data(type, dataschema, data)

    event = parsed.read(document, publisher, load)
    if handler.from_outside and (faults := personal_ids(document)):
        event = without_numbers(event.with_data(document["data"], (*faults, *event.problems)), index)
    return replace(event, letter=letter) if letter else event


def letter_of_bad_event(
    queue: str,
    parsed: Parsed,
    document: Any,
    error: Exception,
    *,
    publisher: str | None,
    routing_key: str,
    index: BlindIndex,
    follows: str | None = None,
) -> DeadLetter:
    """A letter that holds this event alone, so that it can be replayed without its neighbours."""
    fault = error.fault if isinstance(error, Unreadable) else None
    return dead_letters.of_event(
        queue,
        without_numbers(BadEvent(fault, document, publisher, follows), index),
        why(error),
        attempts=0,
        first_failed_at=datetime.now(UTC),
        routing_key=routing_key,
        wire=parsed.wire_of(document),
    )


def settle_events(
    uow: UnitOfWork,
    queue: str,
    handler: Handler,
    events: Sequence[Event],
    letters: Sequence[DeadLetter] = (),
    *,
    tally: Tally | None = None,
    answer: bool = True,
) -> Settled:
    """Handle the events that are new; bury those that cannot be handled; answer whoever asks for it.

    :param letters: of events that cannot be read, or have failed for good.
    :param answer: tell the publishers of events that cannot be read what is wrong with them.
    """
    # Of a copy that was sent twice, because the ack of its original was lost, one letter is enough.
    letters = dead_letters.not_yet_waiting(uow.conn, uow.sealer, letters)
    lenient = handler.lenient
    sound = [event for event in events if lenient or not event.problems]
    unsound = [event for event in events if event.problems and not lenient]
    dead = [*letters, *(_letter(queue, event, _contract_error(event.problems)) for event in unsound)]
    claimed = claim(uow.conn, queue, sound)
    dead += [_letter(queue, event, IMPOSTOR) for event in claimed.impostors]
    if claimed.fresh:
        handler.use_case(uow, claimed.fresh)
    if claimed.impostors and handler.refused:
        handler.refused(uow, claimed.impostors)
    if claimed.repeats and handler.repeated:
        handler.repeated(uow, claimed.repeats)
    if unsound and handler.unsound:
        handler.unsound(uow, unsound)
    bad = [e for e in (letter.event for letter in letters) if isinstance(e, BadEvent) and e.fault]
    if bad and answer and handler.unreadable:
        handler.unreadable(uow, bad)
    if came_back := {e.letter for e in (*claimed.fresh, *claimed.repeats) if e.letter}:
        dead_letters.handled(uow.conn, came_back)
    # Without an inbox row, so that it can be replayed after a fix.
    buried = dead_letters.bury(uow.conn, uow.sealer, dead) if dead else []
    if tally:
        tally.add(uow, claimed.fresh, claimed.repeats, buried)
    return Settled(claimed, len(dead))


def why(error: Exception) -> str:
    return str(error) if isinstance(error, Unreadable) else describe_error(error)


def _letter(queue: str, event: Event, error: str) -> DeadLetter:
    return dead_letters.of_event(
        queue,
        event,
        error,
        attempts=0,
        first_failed_at=datetime.now(UTC),
        routing_key=f"{event.type}.{event.publisher}" if event.publisher else event.type,
    )


def _contract_error(problems: Sequence[Fault]) -> str:
    return "breaks its contract: " + "; ".join(str(p) for p in problems)

"""A command that other systems publish: taken in batches, answered in the publisher's reply queue."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from chassis.commands.command import Author, Command, Outcome
from chassis.commands.settling import REUSED, said, settle, stored_outcomes
from chassis.handlers import Handler
from chassis.names import INBOUND
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import BadEvent, Event, named
from contracts.faults import Fault, Refused
from field.scope import EVERYWHERE

SETTLED = "command.settled"

_ANSWERS = uuid.UUID("6d0f6f0e-6d63-4c1e-8a56-6e2d63a3f0c1")


def as_handlers(service: str, commands: Sequence[Command]) -> tuple[Handler, ...]:
    """Of those that other systems may publish."""
    return tuple(as_handler(service, command) for command in commands if command.by_broker)


def as_handler(service: str, command: Command) -> Handler:
    """The handler whose queue takes the command's event from other systems."""
    queue = command.queue(service)

    def take(uow: UnitOfWork, events: Sequence[Event]) -> None:
        own = [event for event in events if event.speaks_for_itself]
        commands = [said(event, _author(event), EVERYWHERE, uow.now) for event in own]
        outcomes = settle(uow, queue, command, commands) if commands else ()
        for event, outcome in zip(own, outcomes, strict=True):
            _answer(uow, queue, event, outcome)
        for event in events:
            if not event.speaks_for_itself:
                _answer(uow, queue, event, _not_its_own(event))

    def repeated(uow: UnitOfWork, events: Sequence[Event]) -> None:
        before = stored_outcomes(uow, queue, events)
        for event in events:
            if event.key in before:
                _answer(uow, queue, event, before[event.key])

    def reused(uow: UnitOfWork, events: Sequence[Event]) -> None:
        for event in events:
            _answer(uow, queue, event, REUSED)

    def unsound(uow: UnitOfWork, events: Sequence[Event]) -> None:
        for event in events:
            _answer(uow, queue, event, Outcome.refused(Refused.invalid(event.problems)))

    def unreadable(uow: UnitOfWork, events: Sequence[BadEvent]) -> None:
        for event in events:
            if event.fault:
                _answer(uow, queue, event, Outcome.refused(Refused.invalid([event.fault])))

    return Handler(
        command.name,
        (command.event,),
        take,
        batch=command.batch,
        exchange=INBOUND,
        refused=reused,
        repeated=repeated,
        unsound=unsound,
        unreadable=unreadable,
    )


def _author(event: Event) -> Author:
    return Author("publisher", event.source, event.publisher or "")


def _not_its_own(event: Event) -> Outcome:
    message = f"the source of what {event.publisher} publishes begins with /{event.publisher}/"
    return Outcome.refused(Refused.invalid([Fault("source", "not_its_own", message)]))


def _answer(uow: UnitOfWork, queue: str, event: Event | BadEvent, outcome: Outcome) -> None:
    """An answer has the same id whenever it is given again."""
    if not event.publisher:
        return
    about = named(event)
    subject = "\n".join((queue, event.publisher, about["source"], about["id"], outcome.kind))
    data = {
        "command": queue.partition(".")[2],
        "event": about,
        "received_at": uow.now,
        "outcome": outcome.kind,
        "result": dict(outcome.result),
        "reasons": [fault.as_dict() for fault in outcome.faults],
    }
    uow.reply(event.publisher, SETTLED, str(uuid.uuid5(_ANSWERS, subject)), data, cause=event)

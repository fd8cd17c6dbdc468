"""Running the use case of a command, and keeping what became of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from chassis import inbox
from chassis.commands.command import Author, Command, Outcome, Said
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from contracts.faults import Fault, Refused
from field.scope import Scope

REUSED = Outcome.refused(
    Refused.invalid([Fault("id", "id_reused", "the same id came before with other content: take a new id")])
)

DONE, _NOT_NOTED = "done", "not_noted"


def said(event: Event, author: Author, scope: Scope, now: datetime) -> Said:
    """:param event: sound by its contract. It happened when its data say so, else when it was sent, and never
    after it came.
    """
    return Said(author, scope, min(event.data.get("at") or event.time, now), event.data, event)


def settle(uow: UnitOfWork, queue: str, command: Command, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Run the use case on commands that were claimed in the inbox in this transaction.

    Final outcomes are stored with the claims; the other claims are given up.
    """
    outcomes = command.use_case(uow, commands)
    if len(outcomes) != len(commands):
        raise ValueError(f"{queue} returned {len(outcomes)} outcomes for {len(commands)} commands")
    both = list(zip((one.event for one in commands), outcomes, strict=True))
    inbox.release(uow.conn, queue, [event for event, outcome in both if not outcome.final])
    inbox.store_outcomes(
        uow.conn, queue, [(event, *_stored(outcome)) for event, outcome in both if outcome.final]
    )
    return outcomes


def stored_outcomes(
    uow: UnitOfWork, queue: str, events: Sequence[Event]
) -> Mapping[tuple[str, str], Outcome]:
    """By source and id, what became of commands that came before. Those that are not final are left out."""
    rows = inbox.outcomes(uow.conn, queue, events)
    return {key: _outcome(word, detail) for key, (word, detail) in rows.items()}


def _stored(outcome: Outcome) -> tuple[str, Mapping[str, object]]:
    if outcome.kind == "done":
        return (DONE if outcome.noted else _NOT_NOTED), outcome.result
    return outcome.kind, {"faults": [[fault.where, fault.code, fault.message] for fault in outcome.faults]}


def _outcome(word: str, detail: Mapping[str, object]) -> Outcome:
    if word in (DONE, _NOT_NOTED):
        return Outcome("done", detail, noted=word == DONE)
    faults = detail["faults"]
    assert isinstance(faults, list)
    return Outcome("invalid", faults=tuple(Fault(*fault) for fault in faults))

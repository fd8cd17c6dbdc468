"""A command that comes by a door: one person, one act, one transaction, the outcome at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chassis import inbox
from chassis.commands.command import Author, Command, Outcome
from chassis.commands.settling import REUSED, said, settle, stored_outcomes
from chassis.unit_of_work import UnitOfWork, Work
from contracts.envelope import ONE, Event, Unreadable, dump_event, event_document, parse_message
from contracts.faults import Fault, Refused
from contracts.registry import read_data
from field.scope import Scope


class _NothingDone(Exception):
    """Rolls the transaction back."""


def carry_out(
    work: Work,
    command: Command,
    author: Author,
    scope: Callable[[UnitOfWork], Scope],
    key: str,
    data: Mapping[str, Any],
) -> Outcome:
    """Do it, or find what became of it when it was said before under this key.

    :param scope: the rows that the author reaches with this command, read in the same transaction. It raises
        Refused where the author may not say such a thing at all.
    :param key: unique among what the author says; repeats have the same.
    :param data: as it came; judged by the contract of the command's event.
    """
    try:
        event = _event(work, command, author, key, data)
    except Unreadable as error:
        return Outcome.refused(Refused.invalid([error.fault or Fault("", "unreadable", str(error))]))
    if event.problems:
        return Outcome.refused(Refused.invalid(event.problems))
    outcome = Outcome("done")
    try:
        with work.unit() as uow:
            outcome = _in(uow, work.service, command, author, scope, event)
            if not outcome.final:
                raise _NothingDone
    except _NothingDone:
        pass
    except Refused as refused:
        outcome = Outcome.refused(refused)
    return outcome


def _in(
    uow: UnitOfWork,
    service: str,
    command: Command,
    author: Author,
    scope: Callable[[UnitOfWork], Scope],
    event: Event,
) -> Outcome:
    queue = command.queue(service)
    reach = scope(uow)
    claimed = inbox.claim(uow.conn, queue, [event])
    if claimed.impostors:
        return REUSED
    if claimed.repeats:
        return stored_outcomes(uow, queue, [event])[event.key]
    [outcome] = settle(uow, queue, command, [said(event, author, reach, uow.now)])
    return outcome


def _event(work: Work, command: Command, author: Author, key: str, data: Mapping[str, Any]) -> Event:
    """The act as the event that it would be on the wire, read as it would be there. Raises Unreadable."""
    now = work.clock.now()
    document = event_document(id=key, source=author.source, type=command.event, data=data, time=now)
    try:
        body = dump_event(document)
    except TypeError:
        raise Unreadable("this is no JSON that can be written") from None
    parsed = parse_message(body, ONE)
    publisher = author.id if author.kind == "publisher" else None
    return read_data(parsed.read(parsed.documents[0], publisher))

"""Commands that come by a door: each person is told the outcome at once.

What is said while a transaction of the same command runs is carried out by the next transaction, together, so
that whoever waits shares its statements and its commit.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chassis import inbox
from chassis.commands.command import Author, Command, Outcome
from chassis.commands.settling import REUSED, said, settle, stored_outcomes
from chassis.errors import is_world_away
from chassis.unit_of_work import UnitOfWork, Work
from contracts.envelope import ONE, Event, Unreadable, dump_event, event_document, parse_message
from contracts.faults import Fault, Refused
from contracts.registry import read_data
from field.scope import Scope

Reached = Callable[[UnitOfWork], Scope]
"""The rows that an author reaches with a command, read in the same transaction. Raises Refused where they may
not say such a thing at all.
"""


@dataclass(frozen=True, slots=True)
class _Act:
    """A command of one author, sound by its contract."""

    author: Author
    scope: Reached
    event: Event


class _Turn:
    """An act that waits for its outcome."""

    def __init__(self, act: _Act) -> None:
        self.act = act
        self.outcome: Outcome | None = None
        self.error: BaseException | None = None

    @property
    def is_over(self) -> bool:
        return self.outcome is not None or self.error is not None


class _NothingDone(Exception):
    """Rolls the transaction back."""


class AtTheDoor:
    """One command of one door, which many say at the same time.

    Only facts are carried out together: other systems say them in batches, too. A decision has a transaction
    of its own.
    """

    def __init__(self, work: Work, command: Command) -> None:
        self._work, self._command = work, command
        self._most = command.batch if command.by_broker else 1
        self._waiting: deque[_Turn] = deque()
        self._busy = threading.Lock()

    def carry_out(self, author: Author, scope: Reached, key: str, data: Mapping[str, Any]) -> Outcome:
        """Do it, or find what became of it when it was said before under this key.

        Raises what kept it from being done, WorldAway among others.

        :param key: unique among what the author says; repeats have the same.
        :param data: as it came; judged by the contract of the command's event.
        """
        try:
            event = _event(self._work, self._command, author, key, data)
        except Unreadable as error:
            return Outcome.refused(Refused.invalid([error.fault or Fault("", "unreadable", str(error))]))
        if event.problems:
            return Outcome.refused(Refused.invalid(event.problems))
        turn = _Turn(_Act(author, scope, event))
        self._waiting.append(turn)
        with self._busy:  # whoever comes in carries out what all who wait have said
            while not turn.is_over:
                self._settle([self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))])
        if turn.error:
            raise turn.error
        assert turn.outcome
        return turn.outcome

    def _settle(self, turns: Sequence[_Turn]) -> None:
        try:
            outcomes = _transact(self._work, self._command, [turn.act for turn in turns])
        except BaseException as error:
            if len(turns) > 1 and isinstance(error, Exception) and not is_world_away(error):
                for turn in turns:  # so that what fails fails alone
                    self._settle([turn])
                return
            for turn in turns:
                turn.error = error
            return
        for turn, outcome in zip(turns, outcomes, strict=True):
            turn.outcome = outcome


def _transact(work: Work, command: Command, acts: Sequence[_Act]) -> Sequence[Outcome]:
    outcomes: Sequence[Outcome] = ()
    try:
        with work.unit() as uow:
            outcomes = _in(uow, command.queue(work.service), command, acts)
            if not any(outcome.final for outcome in outcomes):
                raise _NothingDone
    except _NothingDone:
        pass
    except Refused as refused:
        if len(acts) > 1:  # nobody knows whose it is
            raise
        return [Outcome.refused(refused)]
    return outcomes


def _in(uow: UnitOfWork, queue: str, command: Command, acts: Sequence[_Act]) -> Sequence[Outcome]:
    """What becomes of each, in their order."""
    refused: dict[int, Outcome] = {}
    allowed: list[tuple[_Act, Scope]] = []
    for number, act in enumerate(acts):
        try:
            allowed.append((act, act.scope(uow)))
        except Refused as error:
            refused[number] = Outcome.refused(error)
    claimed = inbox.claim(uow.conn, queue, [act.event for act, _ in allowed])
    fresh, impostors = ({id(event) for event in some} for some in (claimed.fresh, claimed.impostors))
    commands = [said(a.event, a.author, scope, uow.now) for a, scope in allowed if id(a.event) in fresh]
    outcomes = settle(uow, queue, command, commands) if commands else ()
    became = {one.event.key: outcome for one, outcome in zip(commands, outcomes, strict=True)}
    if before := [event for event in claimed.repeats if event.key not in became]:
        became |= stored_outcomes(uow, queue, before)
    return [
        refused.get(number) or (REUSED if id(act.event) in impostors else became[act.event.key])
        for number, act in enumerate(acts)
    ]


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

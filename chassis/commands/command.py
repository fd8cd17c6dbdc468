"""The shape of a command: who says what, to which use case it goes, and what may become of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from contracts.faults import Fault, Kind, Refused
from field.scope import Scope

AuthorKind = Literal["staff", "link", "contact", "publisher", "console"]


@dataclass(frozen=True, slots=True)
class Author:
    """Who says it: a member of staff, a resident by the link of a household, a contact person by a link of
    their own, or another system.

    :param source: the CloudEvents source of all that this author says: `/console/<user>`, `/link/<id>`,
        `/<publisher>/…`. It is what histories name; no person's name stands in it.
    :param id: the staff_id, the link's id or the publisher's name; of the console, which asks for itself, its
        own.
    """

    kind: AuthorKind
    source: str
    id: str

    @property
    def staff_id(self) -> str | None:
        return self.id if self.kind == "staff" else None


@dataclass(frozen=True, slots=True)
class Said:
    """One command as a use case gets it: sound by its contract, its author allowed to say such a thing.

    :param at: when it happened (UTC, field time), never after it came.
    :param scope: the rows that the author reaches with this command. What lies outside is `unknown`.
    :param event: the cause of all that is recorded for it; `event.id` is what a history line names.
    """

    author: Author
    scope: Scope
    at: datetime
    data: Mapping[str, Any]
    event: Event


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one command: done, or refused and nothing of it done.

    :param result: of a done command: ids and versions, which the page or the other system goes on with;
        nothing personal, for outcomes are stored.
    :param noted: whether a history names the command's event, so that the audit looks for it there. A result
        of a laboratory about nobody here is counted and not kept: it is done, and not noted.
    """

    kind: Literal["done"] | Kind
    result: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    noted: bool = True

    @classmethod
    def done(cls, **result: Any) -> Outcome:
        return cls("done", result)

    @classmethod
    def not_noted(cls, **result: Any) -> Outcome:
        return cls("done", result, noted=False)

    @classmethod
    def refused(cls, refused: Refused) -> Outcome:
        return cls(refused.kind, faults=refused.faults)

    @property
    def final(self) -> bool:
        """Whether saying it again leads to the same.

        What was `unknown`, `not_allowed` or in `conflict` is judged anew when the same id says it again.
        """
        return self.kind in ("done", "invalid")


CommandUseCase = Callable[[UnitOfWork, Sequence[Said]], Sequence[Outcome]]
"""Gets commands that were never settled before, in the order in which they came, and returns as many outcomes
in the same order. Of commands about one aggregate each one finds what the ones before it left. A command that
is refused leaves nothing behind; raising is for failures of the work, which roll back all of them.
"""


def each_in_turn(commands: Sequence[Said], act: Callable[[Said], Outcome]) -> list[Outcome]:
    """Carry out commands in their order.

    :param act: carries out one of them. It raises Refused before it has changed anything.
    """
    return [_outcome(act, said) for said in commands]


def _outcome(act: Callable[[Said], Outcome], said: Said) -> Outcome:
    try:
        return act(said)
    except Refused as refused:
        return Outcome.refused(refused)


@dataclass(frozen=True, slots=True)
class Command:
    """Something that people or other systems may say to a service.

    :param name: names the queue, the inbox key, the route and the act in `field/roles.yaml`: it never
        changes (`report_task` -> `isolation.report_task`, `POST /commands/report_task`).
    :param event: the event type that carries it.
    :param by_broker: whether other systems may publish it (facts), or only people say it at a door
        (decisions).
    """

    name: str
    event: str
    use_case: CommandUseCase
    by_broker: bool = True
    batch: int = 200

    def queue(self, service: str) -> str:
        """Its queue, and its name in the inbox by whichever way it comes."""
        return f"{service}.{self.name}"

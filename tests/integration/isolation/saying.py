"""Commands as isolation's use cases get them, made by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from chassis.commands.command import Author, CommandUseCase, Outcome, Said
from contracts.envelope import ONE, dump_event, event_document, read_message
from contracts.registry import read_data
from field.scope import EVERYWHERE, Scope
from tests.integration.isolation.trial import Trial
from tests.said import made_command

WORKER = Author("staff", "/console/worker-1", "worker-1")
LINK = Author("link", "/link/l-1", "l-1")
CLINIC = Author("publisher", "/clinic-7/telephone", "clinic-7")


def command(
    isolation: Trial,
    type: str,
    data: dict[str, Any],
    *,
    author: Author = WORKER,
    scope: Scope = EVERYWHERE,
    id: str | None = None,
) -> Said:
    """As it comes, said now. Times may be moments."""
    return made_command(type, data, author, isolation.clock.now(), scope=scope, id=id)


def faults_of_contract(type: str, data: dict[str, Any], at: datetime) -> list[str]:
    """Where the contract of a command finds faults."""
    document = event_document(id="x", source="/console/x", type=type, data=data, time=at)
    event = read_data(read_message(dump_event(document), ONE)[0])
    return [fault.where for fault in event.problems]


def speaking(use_case: CommandUseCase, type: str) -> Callable[..., Outcome]:
    """A function that says one command of a type in a transaction of its own."""

    def say(isolation: Trial, data: dict[str, Any], **how: Any) -> Outcome:
        [outcome] = say_all(isolation, use_case, [command(isolation, type, data, **how)])
        return outcome

    return say


def say_all(isolation: Trial, use_case: CommandUseCase, commands: Sequence[Said]) -> Sequence[Outcome]:
    """All of them in one transaction, which leaves a sound account."""
    outcomes: Sequence[Outcome] = isolation.do(use_case, commands)
    assert len(outcomes) == len(commands)
    return outcomes

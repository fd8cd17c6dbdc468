"""Saying things of arrivals in tests: commands made by hand, one unit of work each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chassis.commands.command import Author, CommandUseCase, Outcome, Said
from field.scope import EVERYWHERE, Scope
from services.registration import tables as t
from services.registration.following.follow_arrival import follow_arrival
from tests.integration.registration.trial import Trial
from tests.said import made_command

OFFICER = Author("staff", "/console/officer", "officer")
RESIDENT = Author("link", "/link/h1", "h1")


def command(
    trial: Trial, type: str, data: dict[str, Any], author: Author = OFFICER, scope: Scope = EVERYWHERE
) -> Said:
    """As it comes, said now. Times may be moments."""
    return made_command(type, data, author, trial.clock.now(), scope=scope)


def carry_out(trial: Trial, use_case: CommandUseCase, *commands: Said) -> Sequence[Outcome]:
    with trial.work.unit() as uow:
        return use_case(uow, commands)


def follow(trial: Trial, arrival_id: str, outcome: str, **data: Any) -> Outcome:
    author, scope = data.pop("author", OFFICER), data.pop("scope", EVERYWHERE)
    of_it = {"arrival_id": arrival_id, "outcome": outcome, **data}
    [found] = carry_out(trial, follow_arrival, command(trial, "arrival.followed", of_it, author, scope))
    return found


def arrival(trial: Trial, arrival_id: str) -> Any:
    return next(row for row in trial.rows(t.arrivals) if row["id"] == arrival_id)


def reasons(trial: Trial) -> list[list[str]]:
    """Why the arrival was announced again, each time."""
    return [event["data"]["change"]["why"] for event in trial.events("arrival.reassessed")]

"""Saying things of arrivals in tests: commands made by hand, one unit of work each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import Any

from chassis.commands.command import Author, CommandUseCase, Outcome, Said
from chassis.commands.settling import said as said_of
from contracts.envelope import Event, event_document
from contracts.registry import read_data
from field.scope import EVERYWHERE, Scope
from services.registration import tables as t
from services.registration.following.follow_arrival import follow_arrival
from tests.integration.registration.trial import Trial

OFFICER = Author("staff", "/console/officer", "officer")
RESIDENT = Author("link", "/link/h1", "h1")
_numbers = count(1)


def command(
    trial: Trial, type: str, data: dict[str, Any], author: Author = OFFICER, scope: Scope = EVERYWHERE
) -> Said:
    """As it comes by a door: read by its contract, said now."""
    now = trial.clock.now()
    id = f"act-{next(_numbers)}"
    raw = event_document(id=id, source=author.source, type=type, data=data, time=now)
    plain = {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in data.items()
    }
    event = read_data(
        Event(id, author.source, type, None, now, plain, correlationid=id, raw={**raw, "data": plain})
    )
    assert not event.problems, event.problems
    return said_of(event, author, scope, now)


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

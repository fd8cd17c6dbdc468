"""Options that say which dead letters a command is about, and asking before it acts on many."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from chassis.ids import new_id
from chassis.messaging.dead_letters import Act
from cli.options import moment, must_be_service, who
from cli.output import print_json
from operations.databases import settings_of
from operations.dead_letters.choice import (
    Choice,
    Chosen,
    handler_is_known,
    handlers,
    look_up,
    look_up_one,
)
from operations.errors import WrongInput
from operations.services import SERVICES

LetterId = Annotated[str | None, typer.Argument(metavar="[ID]")]
Everything = Annotated[bool, typer.Option("--all", help="All that wait and that the filters leave over")]
OfService = Annotated[
    str | None, typer.Option("--service", help=f"Only of one service: {', '.join(SERVICES)}")
]
OfHandler = Annotated[str | None, typer.Option("--handler", help="Only of one handler: isolation.open_case")]
OfType = Annotated[str | None, typer.Option("--type", help="Only of one event type: arrival.reported")]
WithError = Annotated[str | None, typer.Option("--error", help="Only with this somewhere in their error")]
Since = Annotated[
    str | None,
    typer.Option(help="Only what died since: 2h, 30min, 3d, or 2022-10-01T08:00 (in the district's zone)"),
]
Until = Annotated[str | None, typer.Option(help="Only what had died by then; as --since")]


def choice_of(
    service: str | None,
    handler: str | None,
    event_type: str | None,
    error: str | None,
    since: str | None,
    until: str | None,
    state: str | None = None,
) -> Choice:
    """Raises BadParameter. A filter that is blank is a script's empty variable: it must not mean all."""
    given = {"service": service, "handler": handler, "type": event_type, "error": error}
    for option, value in (given | {"since": since, "until": until}).items():
        if value is not None and not value.strip():
            raise typer.BadParameter("it is empty: give a value, or leave it out", param_hint=f"--{option}")
    must_be_service(service, "--service")
    if handler is not None and not handler_is_known(handler):
        raise typer.BadParameter(f"{handler} is none of {', '.join(handlers())}", param_hint="--handler")
    now, zone = datetime.now(UTC), settings_of(SERVICES[0]).zone
    began = moment(since, now, zone) if since else None
    ended = moment(until, now, zone, option="--until") if until else None
    return Choice(None, service, handler, event_type, error, began, ended, state or "waiting")


def chosen_by(
    letter_id: str | None, everything: bool, *filters: str | None, of_one: tuple[str, ...] = ("waiting",)
) -> Chosen:
    """Raises BadParameter, NotFound, Conflict.

    :param of_one: states in which a letter that is given by its id may be.
    """
    if (letter_id is None) == (not everything):
        raise typer.BadParameter("give an ID, or --all with filters as you like")
    if letter_id is None:
        return look_up(choice_of(*filters))
    if any(value is not None for value in filters):
        raise typer.BadParameter("filters go with --all, not with an ID")
    return look_up_one(letter_id, *of_one)


def act(what: str, chosen: Chosen, by: str | None, reason: str) -> Act:
    return Act(new_id(), who(by), what, chosen.choice.as_dict(), reason.strip())


def confirm(what: str, chosen: Chosen, yes: bool) -> None:
    """Raises Abort where the operator says no, and WrongInput where nobody can be asked."""
    if yes or not chosen.letters:
        return
    if not sys.stdin.isatty():
        raise WrongInput(
            f"{chosen.letters} letters: add --yes where nobody can be asked (--dry-run shows them)"
        )
    show_groups(chosen, as_json=False)
    typer.confirm(f"{what} these {chosen.letters}?", abort=True, err=True)


def show_groups(chosen: Chosen, as_json: bool) -> None:
    if as_json:
        print_json({"letters": chosen.letters, "kinds": [group.as_dict() for group in chosen.groups]})
        return
    for group in chosen.groups:
        print(f"{group.letters:>6}  {group.handler}  {group.event_type or 'unreadable'}: {group.error}")
    print(f"{chosen.letters:>6}  in all")

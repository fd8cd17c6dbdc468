"""Options that say which rows a command is about."""

from typing import Annotated

import typer

from cli.options import must_be_service
from operations.services import SERVICES, chores
from operations.stuck import StuckRow, listed

OfService = Annotated[
    str | None, typer.Option("--service", help=f"Only of one service: {', '.join(SERVICES)}")
]
OfChore = Annotated[str | None, typer.Option("--chore", help="Only of one chore: isolation.find_overdue")]


def chosen(service: str | None, chore: str | None) -> list[StuckRow]:
    """Raises BadParameter. A filter that is blank is a script's empty variable: it must not mean all."""
    must_be_service(service, "--service")
    if chore is not None and chore not in chores():
        raise typer.BadParameter(f"{chore} is none of {', '.join(chores())}", param_hint="--chore")
    return listed(service, chore)

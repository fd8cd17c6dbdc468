"""Options that several commands have, each declared once, and the values that they take."""

from __future__ import annotations

import getpass
import os
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from operations.services import SERVICES

WHO = "DOORSTEP_BY"
BROKER = "DOORSTEP_BROKER_URL"

AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
By = Annotated[
    str | None,
    typer.Option("--by", help=f"Who does it. Default: {WHO}, or the user of this machine"),
]
BrokerUrl = Annotated[
    str | None,
    typer.Option("--broker", envvar=BROKER, help="amqp://user:password@host:5672/", show_envvar=True),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what it would be about")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before acting on --all; scripts need it")]

_DURATION = re.compile(r"(\d+)\s*(s|min|h|d)")
_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}


def who(by: str | None) -> str:
    """The name that is kept with an act, or with the view of a person's record. Raises BadParameter.

    In a container, whose user is the image's, DOORSTEP_BY is set, if to nothing.
    """
    name = who_if_known(by)
    if name is None:
        raise typer.BadParameter(f"say who you are, or set {WHO}", param_hint="--by")
    return name


def who_if_known(by: str | None) -> str | None:
    """The same, for what a script may do without a name."""
    name = os.environ.get(WHO) if by is None else by
    if name is None:
        try:
            name = getpass.getuser()
        except (KeyError, OSError):  # a number without a name
            name = ""
    return name.strip() or None


def moment(text: str, now: datetime, zone: ZoneInfo, option: str = "--since") -> datetime:
    """A point in time, given as such or as how long ago. Raises BadParameter."""
    try:
        if ago := _DURATION.fullmatch(text.strip().removesuffix(" ago")):
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):  # also what lies before all calendars
        raise typer.BadParameter("give 2h, 30min, 3d, or 2022-10-01T08:00", param_hint=option) from None


def must_be_service(name: str | None, option: str | None = None) -> None:
    """Raises BadParameter."""
    if name is not None and name not in SERVICES:
        raise typer.BadParameter(f"{name} is none of {', '.join(SERVICES)}", param_hint=option)

"""`doorstep dead list`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.operate.dead.choosing import OfHandler, OfService, OfType, Since, Until, WithError, choice_of
from cli.options import AsJson
from cli.output import local_time, print_json
from operations.dead_letters.choice import STATES, newest
from operations.dead_letters.showing import shown


def command(
    service: OfService = None,
    handler: OfHandler = None,
    event_type: OfType = None,
    error: WithError = None,
    since: Since = None,
    until: Until = None,
    state: Annotated[str, typer.Option(help=f"{', '.join(STATES)} or all")] = "waiting",
    most: Annotated[int, typer.Option(help="At most so many, the newest", min=1)] = 1000,
    as_json: AsJson = False,
) -> None:
    """Id, handler, reason and age of each, and what to do about it; nothing of its content."""
    if state not in (*STATES, "all"):
        raise typer.BadParameter(f"{state} is none of {', '.join(STATES)}, all", param_hint="--state")
    choice = choice_of(service, handler, event_type, error, since, until, state)
    rows = [shown(letter) for letter in newest(choice, most)]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        print(f"{row['id']}  {row['handler']}  {_standing(row)}, tries {row['attempts']}")
        event = " ".join(str(row[name]) for name in ("event_type", "source", "event_id") if row[name])
        print(f"    {event or _unread(row)}: {row['error']}")
        print(f"    to do: {row['advice']}")
    if not rows:
        print("no dead letters" if state == "all" else f"no dead letters are {state.replace('_', ' ')}")
    elif len(rows) > 1:
        print(f"{len(rows)} shown; `doorstep dead replay --all --dry-run` counts them by kind")


def _standing(row: dict[str, Any]) -> str:
    again = ", came back after a replay" if row["follows"] else ""
    return f"{row['state']}, dead since {local_time(row['dead_at'])}{again}"


def _unread(row: dict[str, Any]) -> str:
    size = row["unread_bytes"]
    return "unreadable" if size is None else f"{size} bytes, in which no event can be read"

"""`doorstep trace`: one arrival from its first report to the last message, across the services."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from cli.arrivals.trace_tree import tree
from cli.options import AsJson, By, who
from cli.output import print_json, say
from field.words import LEVELS
from operations.databases import settings_of
from operations.trace.find import arrivals_of, picked
from operations.trace.gather import gather, note_views

BY_RISK = tuple(reversed(LEVELS))


def command(
    wanted: Annotated[
        str | None,
        typer.Argument(metavar="ID", help="Of the arrival; or of a report, an event, a task or a message"),
    ] = None,
    pick: Annotated[
        str | None,
        typer.Option(help=f"Instead of an ID: one arrival of this risk ({', '.join(BY_RISK)})"),
    ] = None,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Show name, phone, address and the texts: personal data")
    ] = False,
    why: Annotated[
        str, typer.Option(help="With --reveal: the reason; noted with your name and the time")
    ] = "",
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Reports, registration, risk and why, case, tasks by day, messages: each with its time and state."""
    if (wanted is None) == (pick is None):
        raise typer.BadParameter("give an ID, or --pick with a risk level")
    if pick is not None and pick not in BY_RISK:
        raise typer.BadParameter(f"{pick} is none of {', '.join(BY_RISK)}", param_hint="--pick")
    if reveal and not why.strip():
        raise typer.BadParameter("--reveal needs --why: who saw a person's record, and why, is noted")
    arrivals = [picked(pick)] if pick else arrivals_of(wanted or "")
    if reveal:
        note_views(arrivals, by=who(by), reason=why.strip())
        say("doorstep: what follows is personal data: do not store or forward it")
    traces = [gather(arrival, reveal=reveal) for arrival in arrivals]
    if as_json:
        found = [trace.as_dict() for trace in traces]
        print_json(found[0] if len(found) == 1 else found)
        return
    for trace in traces:
        Console().print(tree(trace, settings_of("registration").zone))

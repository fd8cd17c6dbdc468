"""`doorstep audit`: does everything add up, from reports to messages, across the services?"""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from cli.operate.audit_table import show_audit
from cli.options import AsJson
from cli.output import print_json
from operations.audit.take import take_settled_audit


def command(
    as_json: AsJson = False,
    wait: Annotated[
        float, typer.Option(help="Wait so many seconds until nothing is in flight any more", min=0)
    ] = 0,
) -> None:
    """Every report, arrival, case, task and message is accounted for, or is named as missing.

    Every event that ever arrived from outside is counted once, by what became of it (with --json also by
    publisher), and publishers' own counts of what they sent are held against it.

    Exit code 1 if anything is missing, or could be for all that is known while the broker is away. What is on
    its way, or dead-lettered, is counted and is not missing. Also 1 if anything is there and stands still:
    rows that are set aside, open cases that are not planned for today, due tasks of which nobody was told,
    messages past their term.

    What a service has in hand is counted where the broker's management API answers
    (DOORSTEP_MANAGEMENT_URL), and some seconds late, for which --wait waits (DOORSTEP_BROKER_COUNTS_S, 10).
    """
    with Console(stderr=True).status("…") as status:  # shows nothing where stderr is no terminal
        found = take_settled_audit(wait, lambda what: status.update(f"[dim]{what}[/dim]"))
    if as_json:
        print_json(found.as_dict())
    else:
        show_audit(found, Console())
    if not found.balanced or found.late_count:
        raise typer.Exit(1)

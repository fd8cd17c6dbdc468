"""`doorstep dead discard`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cli.operate.dead.choosing import (
    Everything,
    LetterId,
    OfHandler,
    OfService,
    OfType,
    Since,
    Until,
    WithError,
    act,
    chosen_by,
    confirm,
    show_groups,
)
from cli.options import AsJson, By, DryRun, Yes
from cli.output import print_json
from operations.dead_letters.discard import discard_letters
from operations.errors import Conflict


def command(
    letter_id: LetterId = None,
    reason: Annotated[
        str | None, typer.Option(help="Why nothing is lost by it; kept with the letter")
    ] = None,
    everything: Everything = False,
    service: OfService = None,
    handler: OfHandler = None,
    event_type: OfType = None,
    error: WithError = None,
    since: Since = None,
    until: Until = None,
    dry_run: DryRun = False,
    by: By = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Settle it by hand. The row stays, with who did it and why."""
    chosen = chosen_by(letter_id, everything, service, handler, event_type, error, since, until)
    if dry_run:
        show_groups(chosen, as_json)
        return
    if reason is None and sys.stdin.isatty():
        reason = typer.prompt("Why is nothing lost by it?", err=True)
    if not (reason or "").strip():
        raise typer.BadParameter("say why", param_hint="--reason")
    discard = act("discard", chosen, by, str(reason))
    if everything:
        confirm("discard", chosen, yes)
    settled = discard_letters(chosen, discard)
    if letter_id and not settled:
        raise Conflict(f"{letter_id} was settled by somebody else just now")
    if as_json:
        print_json({"act": discard.id, "discarded": settled})
    else:
        print(f"{settled} discarded")

"""`doorstep dead replay`."""

from __future__ import annotations

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
from cli.output import bar, print_json
from operations.dead_letters.choice import ON_THE_WAY
from operations.dead_letters.replay import Outcome, outcome, replay_letters


def command(
    letter_id: LetterId = None,
    everything: Everything = False,
    service: OfService = None,
    handler: OfHandler = None,
    event_type: OfType = None,
    error: WithError = None,
    since: Since = None,
    until: Until = None,
    state: Annotated[
        str | None,
        typer.Option(
            help=f"{ON_THE_WAY}: those that were replayed and whose copies are gone, in place of waiting"
        ),
    ] = None,
    dry_run: DryRun = False,
    rate: Annotated[float | None, typer.Option(help="At most so many a second", min=0.01)] = None,
    wait: Annotated[float, typer.Option(help="Seconds to see what becomes of them", min=0)] = 10,
    reason: Annotated[str, typer.Option(help="What was mended; kept with the letters")] = "replayed",
    by: By = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Send it to its handler again, once the cause is mended.

    What was handled since is not done twice, and nothing is lost if this is killed: run it again. Exit code 1
    if something came back dead again. An ID may also be that of one of which nothing was heard since.
    """
    if state not in (None, "waiting", ON_THE_WAY):
        raise typer.BadParameter(f"{state} is neither waiting nor {ON_THE_WAY}", param_hint="--state")
    if not reason.strip():
        raise typer.BadParameter("say what was mended, or leave it out", param_hint="--reason")
    filters = (service, handler, event_type, error, since, until, state)
    chosen = chosen_by(letter_id, everything, *filters, of_one=("waiting", ON_THE_WAY))
    if dry_run:
        show_groups(chosen, as_json)
        return
    replay = act("replay", chosen, by, reason)
    if everything:
        confirm("send again", chosen, yes)
    with bar("dead letters", chosen.letters, quiet=as_json) as progress:
        sent = replay_letters(chosen, replay, rate, progress.advance)
    became = outcome(replay, chosen.choice.services, wait if sent else 0)
    _show(replay.id, sent, became, as_json)
    if became.dead_again:
        raise typer.Exit(1)


def _show(act_id: str, sent: int, became: Outcome, as_json: bool) -> None:
    if as_json:
        counts = {"handled": became.handled, "dead_again": became.dead_again, "on_the_way": became.on_the_way}
        print_json({"act": act_id, "replayed": sent} | counts)
        return
    print(f"{sent} sent again: {became.handled} handled, {became.dead_again} dead again", end="")
    print(f", {became.on_the_way} on their way" if became.on_the_way else "")

"""`doorstep stuck retry`."""

from typing import Annotated

import typer

from cli.operate.stuck.choosing import OfChore, OfService, chosen
from cli.options import AsJson
from cli.output import print_json
from operations.stuck import of_key, retry


def command(
    key: Annotated[str | None, typer.Argument(metavar="[ROW]")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All that are set aside and that the filters leave over")
    ] = False,
    service: OfService = None,
    chore: OfChore = None,
    wait: Annotated[float, typer.Option(help="Seconds to see what becomes of them", min=0)] = 10,
    as_json: AsJson = False,
) -> None:
    """Try it again in the next turn of its chore, once the cause is mended.

    It is tried again by itself, too: after an hour, then daily. Exit code 1 if something failed again.
    """
    if (key is None) == (not everything):
        raise typer.BadParameter("give a ROW, or --all with filters as you like")
    if key is not None and (service or chore):
        raise typer.BadParameter("filters go with --all, not with a ROW")
    rows = chosen(service, chore) if key is None else of_key(key)
    became = retry(rows, wait)
    if as_json:
        counts = {"done": became.done, "failed_again": became.failed_again, "waiting": became.waiting}
        print_json({"retried": len(rows)} | counts)
    else:
        later = f", {became.waiting} wait for the next turn of their chore" if became.waiting else ""
        print(f"{len(rows)} tried again: {became.done} done, {became.failed_again} failed again{later}")
    if became.failed_again:
        raise typer.Exit(1)

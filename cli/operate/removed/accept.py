"""`doorstep removed accept`."""

from typing import Annotated

import typer

from cli.options import AsJson, By, Yes, who
from cli.output import print_json
from operations.removed_rows import accept, listed, of_id


def command(
    id: Annotated[str | None, typer.Argument(metavar="[ID]")] = None,
    reason: Annotated[str, typer.Option(help="Why they may be gone; kept with the note")] = "",
    everything: Annotated[bool, typer.Option("--all", help="All rows that are gone")] = False,
    by: By = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """They may be gone: the audit names them no more. The note stays, with who said so and why."""
    if (id is None) == (not everything):
        raise typer.BadParameter("give an ID, or --all")
    if not reason.strip():
        raise typer.BadParameter("say why", param_hint="--reason")
    rows = listed() if id is None else of_id(id)
    if everything and not yes:
        typer.confirm(f"Accept that {len(rows)} rows are gone?", abort=True, err=True)
    count = accept(rows, by=who(by), reason=reason.strip())
    if as_json:
        print_json({"accepted": count})
    else:
        print(f"{count} accepted")

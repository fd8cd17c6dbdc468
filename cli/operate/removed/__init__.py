"""`doorstep removed`: rows that somebody removed by hand, listed without personal data."""

import typer

from cli.operate.removed import accept, list

group = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Rows that were removed from the databases by hand."
)
group.command("list")(list.command)
group.command("accept")(accept.command)

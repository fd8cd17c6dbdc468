"""`doorstep stuck`: rows that made a chore of a service fail, listed without personal data."""

import typer

from cli.operate.stuck import list, retry, show

group = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Rows that made a chore of a service fail, set aside."
)
group.command("list")(list.command)
group.command("show")(show.command)
group.command("retry")(retry.command)

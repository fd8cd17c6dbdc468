"""`doorstep duplicates`: pairs of arrivals that may be one."""

import typer

from cli.arrivals.duplicates import list

group = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Possible duplicates: pairs of arrivals that may be one."
)
group.command("list")(list.command)


@group.callback()
def _no_other_command_yet() -> None:
    """Without a callback typer would make the only command of a group the group itself."""

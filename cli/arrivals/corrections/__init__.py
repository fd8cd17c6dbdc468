"""`doorstep corrections`: reports that somebody must correct, whole or in a part."""

import typer

from cli.arrivals.corrections import list

group = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Reports that need correction, whole or in a part."
)
group.command("list")(list.command)


@group.callback()
def _no_other_command_yet() -> None:
    """Without a callback typer would make the only command of a group the group itself."""

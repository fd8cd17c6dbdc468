"""`doorstep reference`: what services copy of one another."""

import typer

from cli.operate.reference import announce

group = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Places, staff and policies, of which services keep copies.",
)


@group.callback()
def _no_other_command_yet() -> None:
    """Without a callback typer would make the only command of a group the group itself."""


group.command("announce")(announce.command)

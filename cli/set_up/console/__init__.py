"""`doorstep console`: the accounts of the console that only the shell can make."""

import typer

from cli.set_up.console import administrator

group = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="The console: its first account.",
)
group.command("administrator")(administrator.command)


@group.callback()
def _more_will_come() -> None:
    """Without a callback typer would make the only command of a group the group itself."""

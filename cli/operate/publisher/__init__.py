"""`doorstep publisher`: users of the broker for outside systems."""

import typer

from cli.operate.publisher import add, key, list, remove

group = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Outside systems that publish: their users at the broker.",
)
group.command("add")(add.command)
group.command("key")(key.command)
group.command("list")(list.command)
group.command("remove")(remove.command)

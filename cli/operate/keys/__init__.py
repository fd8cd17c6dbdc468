"""`doorstep keys`: the keys by which personal data is sealed, and how one follows another."""

import typer

from cli.operate.keys import add, promote, reseal, retire, status

group = typer.Typer(
    no_args_is_help=True, add_completion=False, help="The keys by which personal data is sealed."
)
group.command("status")(status.command)
group.command("add")(add.command)
group.command("promote")(promote.command)
group.command("reseal")(reseal.command)
group.command("retire")(retire.command)

"""`doorstep console`: what of the console only the shell can make."""

import typer

from cli.set_up.console import administrator, certificate

group = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="The console: its first account, its first certificate.",
)
group.command("administrator")(administrator.command)
group.command("certificate")(certificate.command)

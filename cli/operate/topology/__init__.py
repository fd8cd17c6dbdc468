"""`doorstep topology`: the exchanges and queues that the handlers ask for; does the broker have them?"""

import typer

from cli.operate.topology import apply, check

group = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Exchanges, queues and bindings on the broker."
)
group.command("apply")(apply.command)
group.command("check")(check.command)

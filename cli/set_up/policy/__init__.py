"""`doorstep policy`: which measure follows from which risk; what another policy would change."""

import typer

from cli.set_up.imports import policy
from cli.set_up.policy import diff, explain, history, list, show, withdraw
from cli.set_up.policy import try_ as try_policy

group = typer.Typer(no_args_is_help=True, add_completion=False, help="Which measure follows from which risk.")
group.command("import")(policy.command)
group.command("withdraw")(withdraw.command)
group.command("list")(list.command)
group.command("show")(show.command)
group.command("history")(history.command)
group.command("diff")(diff.command)
group.command("try")(try_policy.command)
group.command("explain")(explain.command)

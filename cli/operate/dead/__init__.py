"""`doorstep dead`: the letters that the services gave up on, listed without personal data."""

import typer

from cli.operate.dead import discard, history, list, replay, show

group = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Dead letters: what the services gave up on."
)
group.command("list")(list.command)
group.command("show")(show.command)
group.command("replay")(replay.command)
group.command("discard")(discard.command)
group.command("history")(history.command)

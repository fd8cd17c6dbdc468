"""`doorstep restore`: what `doorstep backup` saved, in the place of what is here."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import AsJson
from cli.output import print_json, say
from deploy.backup.interrupts import end_as_by_ctrl_c
from deploy.local.backup import restore
from operations.settings import local_folder


def command(
    source: Annotated[Path, typer.Argument(metavar="FROM", help="The folder that `doorstep backup` made")],
    identity: Annotated[
        Path | None, typer.Option(help="The file of the key of age for which it was encrypted")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="What is here may be lost")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring back what `doorstep backup` saved, into a system that is down. `doorstep up` starts it then.

    A system that holds data is refused without --force. Interrupted, run it again with --force.
    """
    end_as_by_ctrl_c()  # so that nothing readable is left behind
    found = restore(local_folder(), source.absolute(), identity=identity, force=force, say=say)
    if as_json:
        print_json(found)
        return
    print(
        f"restored as of {found['taken_at']} in {found['seconds']} s; "
        f"publishers brought back: {', '.join(found['publishers']) or 'none'}; "
        f"{found['sent_again']} events wait for the services\n"
        "Next: `doorstep up --detach`, then `doorstep audit --wait 120`; and each publisher sends again, "
        f"with the same ids, what was not answered before {found['taken_at']}."
    )

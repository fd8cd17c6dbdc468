"""`doorstep migrate`: the databases at the newest version. Needs nothing but their URLs."""

from typing import Annotated

import typer

from cli.options import AsJson, must_be_service
from cli.output import print_json
from operations.migrate import migrate
from operations.services import CONSOLE
from operations.settings import environment


def command(
    services: Annotated[
        list[str] | None, typer.Argument(help="Default: every service", metavar="[SERVICE]…")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Bring the tables of every service to the newest version; what is up to date stays as it is.

    For deployments; `doorstep up` does it by itself. Run it before services of a new version start.
    """
    for name in services or ():
        if name != CONSOLE:
            must_be_service(name)
    done: dict[str, float] = {}
    for migrated in migrate(environment(), services or ()):
        done[migrated.service] = migrated.seconds
        if not as_json:
            print(f"{migrated.service}: up to date ({migrated.seconds} s)", flush=True)
    if as_json:
        print_json({"up_to_date": done})

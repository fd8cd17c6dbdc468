"""`doorstep migrate`: bring the databases to the newest version. Needs nothing but their URLs."""

import json
import time
from typing import Annotated

import typer

from operations.settings import SERVICES, environment

AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


def register(app: typer.Typer) -> None:
    app.command()(migrate)


def migrate(
    services: Annotated[
        list[str] | None, typer.Argument(help="Default: every service", metavar="[SERVICE]…")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Bring the tables of every service to the newest version; what is up to date stays as it is.

    For deployments; `doorstep up` does it by itself. Run it before services of a new version start.
    """
    from chassis.database.engine import Database
    from chassis.database.migrations import upgrade
    from chassis.errors import SettingsError
    from chassis.settings import PREFIX, with_secret_files

    for name in services or ():
        if name not in SERVICES:
            raise typer.BadParameter(f"{name} is none of {', '.join(SERVICES)}")
    given = with_secret_files(environment())
    done: dict[str, float] = {}
    for name in services or SERVICES:
        variable = f"{PREFIX}{name.upper()}_DATABASE_URL"
        url = given.get(variable, "").strip()
        if not url:
            raise SettingsError(f"{variable} is not set: set it, or {variable}_FILE")
        began = time.monotonic()
        database = Database(url, application="doorstep-migrate")
        upgrade(name, database)
        database.dispose()
        done[name] = round(time.monotonic() - began, 2)
        if not as_json:
            print(f"{name}: up to date ({done[name]} s)", flush=True)
    if as_json:
        print(json.dumps({"up_to_date": done}))

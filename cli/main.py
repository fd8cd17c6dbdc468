"""`doorstep`: one module of this package for each group of commands, with a function `register(app)`."""

import sqlite3
import sys
from importlib import import_module
from typing import Any

import typer

MODULES = (
    "set_up.local",
    "set_up.migrate",
    "set_up.demo",
    "arrivals.publish",
    "operate.publisher",
    "arrivals.simulate",
    "set_up.imports",
    "arrivals.trace",
    "operate.audit",
    "operate.replay",
    "operate.queues",
    "operate.dead",
    "operate.topology",
    "set_up.documents",
    "set_up.version",
)
EXIT_FAILED = 1
EXIT_USAGE = 2


class Doorstep(typer.Typer):
    """What went wrong in the world is one line on stderr and exit 1, never a traceback."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().__call__(*args, **kwargs)
        except Exception as error:
            line = in_one_line(error)
            if line is None:
                raise
            print(f"doorstep: {line}", file=sys.stderr)
            sys.exit(EXIT_FAILED)


def in_one_line(error: Exception) -> str | None:
    """None for a bug of ours, whose traceback somebody wants to see."""
    from chassis.errors import SettingsError, WorldAway, is_world_away
    from deploy.local.processes import LocalNodeError

    if isinstance(error, SettingsError) and " is not set" in str(error):
        return f"{error}; or start a system on this machine with `doorstep up`"
    if isinstance(error, SettingsError | LocalNodeError | WorldAway):
        return str(error)
    from amqp.exceptions import AMQPError
    from sqlalchemy.exc import DBAPIError

    if isinstance(error, AMQPError):
        return f"the broker refused, or is away ({error})"
    if isinstance(error, DBAPIError) and type(error.orig) is sqlite3.DatabaseError:
        return f"a database cannot be read ({error.orig}): do the settings name the right file?"
    if isinstance(error, DBAPIError) and is_world_away(error):
        said = str(error.orig).strip() or type(error.orig).__name__
        return f"the database is away ({said.splitlines()[0]}): is it running? See `doorstep status`"
    if is_world_away(error):
        return f"the broker is away ({error}): is it running? See `doorstep status`"
    return None


app = Doorstep(
    name="doorstep",
    help="Follows every arrival in a neighbourhood, from the first report to the last task.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

for module in MODULES:
    import_module(f"cli.{module}").register(app)

if __name__ == "__main__":
    app()

"""`doorstep risk|places|staff|centres|policy import FILE`: the data that the services compare and plan with.

An import is whole or nothing: everything that is wrong is listed by row and column, and the exit code is 1.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from cli.output import print_json
from operations.settings import environment, local_folder

File = Annotated[Path, typer.Argument(help="The file to import.", show_default=False)]


def group_of_import(about: str, summary: str, command: Callable[..., None]) -> typer.Typer:
    """A group whose only command is `import`."""
    group = typer.Typer(help=about, no_args_is_help=True, add_completion=False)
    group.callback()(_no_other_command_yet)
    group.command("import", help=summary)(command)
    return group


def _no_other_command_yet() -> None:
    """Without a callback typer would make the only command of a group the group itself."""


def settings_for(service: str) -> dict[str, str]:
    """Also before the first `doorstep up`: then they are those that it will go on with."""
    known = environment()
    if any(name in known for name in (f"DOORSTEP_{service.upper()}_DATABASE_URL", "DOORSTEP_BROKER_URL")):
        return known
    # A rare case: what it needs of the broker is not loaded for each import.
    from deploy.local.system import settings_before_first_start

    return settings_before_first_start(local_folder())


def show_counts(what: str, counts: dict[str, int], as_json: bool) -> None:
    if as_json:
        print_json(counts, indent=2)
        return
    changes = f"{counts['new']} new, {counts['changed']} changed, {counts['unchanged']} as they were"
    print(f"{what}: {counts['rows']} rows, {changes}")

"""Who acts: the name that is kept with what an operator did, or whose record was shown."""

from __future__ import annotations

import getpass
import os
from typing import Annotated

import typer

VARIABLE = "DOORSTEP_BY"

By = Annotated[
    str | None,
    typer.Option("--by", help=f"Who does it. Default: {VARIABLE}, or the user of this machine"),
]


def who(by: str | None) -> str:
    """Raises BadParameter. In a container, whose user is the image's, DOORSTEP_BY is set, if to nothing."""
    name = os.environ.get(VARIABLE) if by is None else by
    if name is None:
        try:
            name = getpass.getuser()
        except (KeyError, OSError):  # a number without a name
            name = ""
    if not name.strip():
        raise typer.BadParameter(f"say who you are, or set {VARIABLE}", param_hint="--by")
    return name.strip()

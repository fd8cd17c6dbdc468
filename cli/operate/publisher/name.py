"""The argument NAME of `doorstep publisher add` and `remove`."""

from typing import Annotated

import typer

Name = Annotated[str, typer.Argument(help="As its events' source begins: small letters, digits, hyphens")]

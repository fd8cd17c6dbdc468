"""The argument NAME of the commands of `doorstep publisher`."""

from typing import Annotated

import typer

Name = Annotated[str, typer.Argument(help="As its events' source begins: small letters, digits, hyphens")]

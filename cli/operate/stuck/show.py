"""`doorstep stuck show`."""

from typing import Annotated

import typer

from cli.options import AsJson
from cli.output import print_json
from operations.stuck import of_key


def command(key: Annotated[str, typer.Argument(metavar="ROW")], as_json: AsJson = False) -> None:
    """One row, for each chore that has set it aside."""
    print_json([row.as_dict() for row in of_key(key)], indent=None if as_json else 2)

"""`doorstep dead show`."""

from typing import Annotated

import typer

from cli.options import AsJson
from cli.output import print_json
from operations.dead_letters.choice import letter
from operations.dead_letters.showing import body_of, headers_of, shown


def command(letter_id: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False) -> None:
    """One dead letter with its content, everything personal masked."""
    found = letter(letter_id)
    content = {"headers": headers_of(found), "body": body_of(found)}
    print_json(shown(found) | content, indent=None if as_json else 2)

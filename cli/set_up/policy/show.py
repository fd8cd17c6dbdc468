"""`doorstep policy show`."""

from typing import Annotated

import typer

from cli.options import AsJson
from cli.output import print_json
from operations.policies import document_of


def command(
    policy: Annotated[str, typer.Argument(metavar="POLICY", help="Its id, or a file.")],
    version: Annotated[
        int | None, typer.Option(min=1, help="An older text of a stored one; `history` lists them.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The document of a policy as it is stored."""
    print_json(document_of(policy, version), indent=None if as_json else 2)

"""`doorstep publisher key`."""

from typing import Annotated

import typer

from cli.operate.publisher.name import Name
from cli.options import AsJson
from cli.output import print_json
from operations.publishers import new_api_key


def command(
    name: Name,
    end_others: Annotated[
        bool, typer.Option("--end-others", help="The keys that it had before count no more")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a key for the REST API, with which a publisher says there what it may say at the broker.

    The key is shown once and kept nowhere.
    """
    key = new_api_key(name, end_others=end_others)
    if as_json:
        print_json({"publisher": name, "key": key})
    else:
        print(f"The API key of {name}, shown this once:\n\n  {key}")

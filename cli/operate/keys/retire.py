"""`doorstep keys retire`."""

from typing import Annotated

import typer

from cli.operate.keys.ring_file import change_ring
from cli.operate.keys.status import looked
from cli.options import AsJson
from cli.output import print_json
from deploy.keys.ring import retired
from operations.errors import WrongInput


def command(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its id, such as k1")], as_json: AsJson = False
) -> None:
    """Take a key off the ring that seals nothing any more, in the databases nor in the log of what was said.

    What backups of before hold stays sealed under it: keep it with them.
    """
    found = looked([key], quiet=as_json)
    held = [
        f"{service} holds {sum(use.values.values()) + use.logged:,}"
        for service, by_id in found.items()
        for use in by_id.values()
        if use
    ]
    if held:
        raise WrongInput(f"{key} is still in use: {', '.join(held)}. See `doorstep keys status`")
    change_ring(lambda text: (retired(text, key), key))
    if as_json:
        print_json({"retired": key})
    else:
        print(f"{key} is off the ring from the next start on. Keep it with the backups of before")

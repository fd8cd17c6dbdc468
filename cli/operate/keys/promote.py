"""`doorstep keys promote`."""

from cli.operate.keys.ring_file import change_ring
from cli.options import AsJson
from cli.output import print_json
from deploy.keys.ring import promoted


def command(as_json: AsJson = False) -> None:
    """Put the last key of the ring first: it seals from the next start on.

    All processes must have been started since it was added. Then start them again, and go on with
    `doorstep keys reseal`.
    """
    new = change_ring(promoted)
    if as_json:
        print_json({"promoted": new})
    else:
        print(f"{new} seals from the next start on: start everything again, then `doorstep keys reseal`")

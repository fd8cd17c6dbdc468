"""`doorstep keys add`."""

from cli.operate.keys.ring_file import change_ring
from cli.options import AsJson
from cli.output import print_json
from deploy.keys.ring import added


def command(as_json: AsJson = False) -> None:
    """Put a new key at the end of the ring: every process must know it before the first one seals with it.

    Then start all services, doors and tools again, and go on with `doorstep keys promote`.
    """
    new = change_ring(added)
    if as_json:
        print_json({"added": new})
    else:
        print(f"{new} was added and seals nothing yet: start everything again, then `doorstep keys promote`")

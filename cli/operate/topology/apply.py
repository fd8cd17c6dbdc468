"""`doorstep topology apply`."""

from cli.options import AsJson
from cli.output import print_json
from operations.settings import environment
from operations.topology import apply_topology


def command(as_json: AsJson = False) -> None:
    """Declare everything; what is there stays. Fails where something has other properties."""
    count = apply_topology(environment())
    if as_json:
        print_json({"declared": count})
    else:
        print(f"{count} exchanges and queues are in place")

"""`doorstep topology apply`."""

from chassis.errors import WorldAway
from cli.options import AsJson
from cli.output import print_json, say
from operations.publishers import renew_rights
from operations.settings import environment
from operations.topology import apply_topology


def command(as_json: AsJson = False) -> None:
    """Declare everything; what is there stays. Fails where something has other properties.

    Publishers of an older version get the routing keys that one of today has.
    """
    count = apply_topology(environment())
    renewed = _renewed()
    if as_json:
        print_json({"declared": count, "publishers_renewed": renewed})
    else:
        print(f"{count} exchanges and queues are in place")
        if renewed:
            print(f"{renewed} publishers got the rights of today")


def _renewed() -> int | None:
    """None where the management API does not serve: everything else is in place."""
    try:
        return renew_rights()
    except WorldAway as error:
        say(f"publishers keep the rights they have: {error}")
        return None

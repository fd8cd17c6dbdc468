"""`doorstep topology apply`."""

from collections.abc import Callable
from dataclasses import asdict

from chassis.errors import WorldAway
from cli.options import AsJson
from cli.output import print_json, say
from operations.errors import NotSetUp
from operations.publishers import renew_rights
from operations.queue_policies import keep_policies
from operations.service_rights import renew_service_rights
from operations.settings import environment
from operations.topology import apply_topology


def command(as_json: AsJson = False) -> None:
    """Declare everything; what is there stays. Fails where something has other properties.

    Publishers and services of an older version get the routing keys that those of today have, queues their
    limits by a policy. Copies of events that found no queue meanwhile go on.
    """
    applied = apply_topology(environment())
    publishers = _renewed("publishers keep the rights they have", renew_rights)
    services = _renewed("services keep the rights they have", renew_service_rights)
    _renewed("queues keep the limits they have", keep_policies)
    if as_json:
        print_json({**asdict(applied), "publishers_renewed": publishers, "services_renewed": services})
    else:
        print(f"{applied.declared} exchanges and queues are in place")
        if applied.sent_on:
            print(f"{applied.sent_on} messages that had found no queue went on")
        if publishers:
            print(f"{publishers} publishers got the rights of today")
        if services:
            print(f"{services} services got the right to publish what is new")


def _renewed(otherwise: str, renew: Callable[[], int]) -> int | None:
    """None where nobody can say what they have today: everything else is in place."""
    try:
        return renew()
    except (WorldAway, NotSetUp) as error:
        say(f"{otherwise}: {error}")
        return None

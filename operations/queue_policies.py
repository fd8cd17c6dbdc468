"""Limits of queues that stand in policies of the broker: what a queue was declared with stays for good.

RabbitMQ 4 gives up a message after 20 deliveries wherever nothing else is said. A dead letter that waits for
its database counts as delivered at each look, so does a report in the guarded queue whose consumer died, and
a reply that its publisher takes and gives back; and none of these queues has another one for what it drops.
Nor can it be declared with a limit: one that is there without would be another queue. RabbitMQ 3 knows no
such default, and the same policy means the same to both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from operations.management_api import Management, read

# Weaker than any policy that an operator makes of their own; only one counts for a queue.
_PRIORITY: Final = -10
# As good as never. RabbitMQ 4 reads -1 as never; it is no limit that version 3 takes in a policy.
AS_GOOD_AS_NEVER: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Policy:
    """:param pattern: of the names of the queues that it is for."""

    name: str
    pattern: str
    definition: Mapping[str, Any]

    def as_body(self) -> dict[str, Any]:
        return {
            "pattern": self.pattern,
            "definition": dict(self.definition),
            "priority": _PRIORITY,
            "apply-to": "queues",
        }


# Work queues, and those of single publishers, are declared with a limit: topology.DELIVERY_LIMIT.
POLICIES: Final = (
    Policy("doorstep-deliveries", r"^doorstep\.|\.dead$|_guarded$", {"delivery-limit": AS_GOOD_AS_NEVER}),
)


def keep_policies() -> int:
    """Returns how many had to be written. Raises WorldAway, NoManagement."""
    management = Management.find()
    return sum(_keep(management, policy) for policy in POLICIES)


def _keep(management: Management, policy: Policy) -> bool:
    there = management.ask("GET", "policies", management.vhost, policy.name)
    body = policy.as_body()
    if there.status_code != 404:
        known = read(there)
        if all(known.get(name) == value for name, value in body.items()):
            return False
    management.ask("PUT", "policies", management.vhost, policy.name, body=body)
    return True

"""Limits of queues that stand in policies of the broker: what a queue was declared with stays for good.

RabbitMQ 4 gives up a message after 20 deliveries wherever nothing else is said. A dead letter that waits for
its database counts as delivered at each look, so does a report in the guarded queue whose consumer died, and
a reply that its publisher takes and gives back; and none of these queues has another one for what it drops.
Nor can it be declared with a limit: one that is there without would be another queue. RabbitMQ 3 knows no
such default, and the same policy means the same to both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chassis.errors import SettingsError
from chassis.messaging.topology import Difference
from operations.management_api import Management, read
from operations.settings import environment

QUEUE_MIB: Final = "DOORSTEP_PUBLISHER_QUEUE_MIB"

# Weaker than any policy that an operator makes of their own; only one counts for a queue.
_PRIORITY: Final = -10
# As good as never. RabbitMQ 4 reads -1 as never; it is no limit that version 3 takes in a policy.
AS_GOOD_AS_NEVER: Final = 1_000_000
# What decides whether a queue keeps a message, where it goes, and when.
_LIMITS: Final = (
    "dead-letter-exchange",
    "dead-letter-routing-key",
    "dead-letter-strategy",
    "delivery-limit",
    "expires",
    "max-length",
    "max-length-bytes",
    "message-ttl",
    "overflow",
)


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
DELIVERIES: Final = Policy(
    "doorstep-deliveries",
    r"^doorstep\.|^\w+\.\w+\.dead$|_guarded$",
    {"delivery-limit": AS_GOOD_AS_NEVER},
)


def of_publishers(mib: int) -> Policy:
    """Of the queues of single publishers: a full one refuses what comes, and its publisher hears that at
    once. Without it a flood, which is taken no faster than its quota allows, would fill the broker's disk."""
    return Policy("doorstep-publishers", r"^\w+\.\w+\.from\.[^.]+$", {"max-length-bytes": mib * 1024 * 1024})


def policies(given: Mapping[str, str]) -> tuple[Policy, ...]:
    """Raises SettingsError."""
    text = given.get(QUEUE_MIB, "").strip() or "4096"
    if not text.isdecimal() or len(text) > 7 or int(text) < 2:
        raise SettingsError(f"{QUEUE_MIB}={text[:40]} must be a whole number of MiB, 2 or more")
    return DELIVERIES, of_publishers(int(text))


def keep_policies() -> int:
    """Returns how many had to be written. Raises WorldAway, NoManagement, SettingsError."""
    management = Management.find()
    return sum(_keep(management, policy) for policy in policies(environment()))


def _keep(management: Management, policy: Policy) -> bool:
    there = management.ask("GET", "policies", management.vhost, policy.name)
    body = policy.as_body()
    if there.status_code != 404:
        known = read(there)
        if all(known.get(name) == value for name, value in body.items()):
            return False
    management.ask("PUT", "policies", management.vhost, policy.name, body=body)
    return True


def spoiled_queues(management: Management, ours: tuple[str, ...]) -> list[Difference]:
    """Queues to which somebody's policy gives other limits than they have from us. Raises WorldAway,
    SettingsError.

    A queue to which no policy applies is none of them: it has what it was declared with.

    :param ours: beginnings of the names of our queues.
    """
    columns = "name,policy,operator_policy,effective_policy_definition"
    rows = management.get("queues", management.vhost, columns=columns)
    own = policies(environment())
    found = []
    for row in sorted(rows, key=lambda row: str(row["name"])):
        if row["name"].startswith(ours) and (given := row.get("effective_policy_definition")):
            expected = next((one.definition for one in own if re.search(one.pattern, row["name"])), {})
            named = " and ".join(filter(None, (row.get("policy"), row.get("operator_policy"))))
            found += [
                Difference(row["name"], f"the policy {named} {what}") for what in _spoiled(given, expected)
            ]
    return found


def _spoiled(given: Mapping[str, Any], expected: Mapping[str, Any]) -> Iterator[str]:
    for limit in _LIMITS:
        is_now, is_to_be = given.get(limit), expected.get(limit)
        if is_now != is_to_be:
            wanted = "" if is_to_be is None else f", and it must be {is_to_be}"
            yield f"leaves {limit} out{wanted}" if is_now is None else f"sets {limit} to {is_now}{wanted}"

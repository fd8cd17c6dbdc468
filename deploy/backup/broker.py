"""Of the broker only the publishers are kept, who were made at run time. All else is made anew.

Users and permissions of services come from `make secrets`, exchanges and queues from the topology job, which
finds the publishers that have queues of their own in registration's database.
Messages are not kept: what services had told each other stands in their event logs, and what publishers
had not been answered they send again.
"""

from __future__ import annotations

import json
from typing import Any, Protocol

TAG = "publisher"  # as cli.operate.publisher gives it
ARRIVALS = "doorstep.arrivals"
INBOUND = "doorstep.inbound"
REPLIES = "doorstep.replies"
UNROUTED = "doorstep.unrouted"


class Ctl(Protocol):
    """Runs `rabbitmqctl` with these arguments where the broker is, and returns its output."""

    def __call__(self, *command: str, given: bytes | None = None) -> str: ...


def publishers(ctl: Ctl) -> dict[str, Any]:
    """Users that are publishers, with hashed passwords, rights, limits and reply queues: definitions that
    the broker itself can read."""
    found = _definitions(ctl)
    users = [user for user in found["users"] if TAG in _tags(user)]
    names = {user["name"] for user in users}
    queues = {f"{REPLIES}.{name}" for name in names}
    return {
        "users": users,
        "permissions": [one for one in found["permissions"] if one["user"] in names],
        "topic_permissions": [one for one in found["topic_permissions"] if one["user"] in names],
        "queues": [one for one in found["queues"] if one["name"] in queues],
        "bindings": [one for one in found["bindings"] if one["destination"] in queues],
    }


def bring_back(ctl: Ctl, kept: dict[str, Any]) -> list[str]:
    """Make the publishers that are not there. Returns their names. One that is there stays as it is."""
    there = {user["name"] for user in publishers(ctl)["users"]}
    names = {user["name"] for user in kept["users"]} - there
    queues = {f"{REPLIES}.{name}" for name in names}
    wanted = {
        "users": [one for one in kept["users"] if one["name"] in names],
        "permissions": [one for one in kept["permissions"] if one["user"] in names],
        "topic_permissions": [one for one in kept["topic_permissions"] if one["user"] in names],
        "queues": [one for one in kept["queues"] if one["name"] in queues],
        "bindings": [one for one in kept["bindings"] if one["destination"] in queues],
    }
    if names:
        ctl("import_definitions", given=json.dumps(wanted).encode())
    return sorted(names)


def waiting(ctl: Ctl) -> dict[str, int]:
    """Messages that services wait for from each other, by queue. The broker may count a few seconds late."""
    rows = json.loads(ctl("list_queues", "name", "messages", "--formatter", "json"))
    ours = _between_services(_definitions(ctl))
    return {row["name"]: row["messages"] for row in rows if row["messages"] and row["name"] in ours}


def empty_between_services(ctl: Ctl) -> list[str]:
    """Purge the queues of what services tell each other: a broker that outlived the databases knows what
    they no longer do. What outsiders sent or are to read stays. Returns the queues."""
    # All of them: one that seems empty may not be counted yet.
    purged = _between_services(_definitions(ctl))
    for queue in purged:
        ctl("purge_queue", queue)
    return purged


def _between_services(found: dict[str, Any]) -> list[str]:
    outside = {ARRIVALS, INBOUND, REPLIES}
    while further := _led_to(found, outside) - outside:
        outside |= further
    return sorted({queue["name"] for queue in found["queues"]} - outside - {UNROUTED})


def _led_to(found: dict[str, Any], exchanges: set[str]) -> set[str]:
    """Queues and exchanges that these exchanges are bound to, or hand on what they cannot route."""
    bound = {one["destination"] for one in found["bindings"] if one["source"] in exchanges}
    alternates = {
        one["arguments"].get("alternate-exchange") for one in found["exchanges"] if one["name"] in exchanges
    }
    return bound | alternates - {None}


def _definitions(ctl: Ctl) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ctl("export_definitions", "-"))
    return found


def _tags(user: dict[str, Any]) -> list[str]:
    tags = user.get("tags") or []
    return tags if isinstance(tags, list) else tags.split(",")

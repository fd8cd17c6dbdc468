"""Letting services publish the events of today, where the broker's definitions are of an older version.

These are read when the broker starts, and an upgrade does not restart it. A service that may not publish one
event gets its channel closed, again and again, and then others of its events wait, too.
"""

from __future__ import annotations

import re

from chassis.names import EVENTS
from contracts.registry import EVENT_TYPES
from operations.management_api import Management, read
from operations.services import SERVICES


def renew_service_rights() -> int:
    """Returns how many services had to be given an event. Raises WorldAway.

    Only adds. A service whose user has no such permission here may publish everything, or is none of ours.
    """
    management = Management.find()
    renewed = 0
    for service in SERVICES:
        answer = management.ask("GET", "users", service, "topic-permissions")
        granted = [] if answer.status_code == 404 else read(answer)
        for one in granted:
            if (one["vhost"], one["exchange"]) != (management.vhost, EVENTS):
                continue
            if lacking := _lacking(service, one["write"]):
                wider = f"{one['write']}|^({'|'.join(map(re.escape, lacking))})$"
                body = {"exchange": EVENTS, "write": wider, "read": one["read"]}
                management.ask("PUT", "topic-permissions", management.vhost, service, body=body)
                renewed += 1
    return renewed


def _lacking(service: str, pattern: str) -> list[str]:
    said = (kind.name for kind in EVENT_TYPES.values() if kind.said_by == service and not kind.reply)
    return [name for name in said if not re.search(pattern, name)]

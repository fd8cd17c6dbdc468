"""Letting services do what those of today do, where the broker's definitions are of an older version.

These are read when the broker starts, and an upgrade does not restart it. A service that may not publish one
event gets its channel closed, again and again, and then others of its events wait, too.
"""

from __future__ import annotations

import re

from chassis.names import CANARY, EVENTS
from contracts.registry import EVENT_TYPES
from operations.management_api import Management, read
from operations.services import SERVICES

READS = {"registration": CANARY}
"""Service -> a shared queue that it reads."""


def renew_service_rights() -> int:
    """Returns how many services had to be given an event or a queue. Raises WorldAway.

    Only adds. A service whose user has no such permission here may publish everything, or is none of ours.
    """
    management = Management.find()
    events = {service for service in SERVICES if _may_publish_more(management, service)}
    queues = {service for service, queue in READS.items() if _may_read_more(management, service, queue)}
    return len(events | queues)


def _may_publish_more(management: Management, service: str) -> bool:
    answer = management.ask("GET", "users", service, "topic-permissions")
    granted = [] if answer.status_code == 404 else read(answer)
    more = False
    for one in granted:
        if (one["vhost"], one["exchange"]) != (management.vhost, EVENTS):
            continue
        if lacking := _lacking(service, one["write"]):
            wider = f"{one['write']}|^({'|'.join(map(re.escape, lacking))})$"
            body = {"exchange": EVENTS, "write": wider, "read": one["read"]}
            management.ask("PUT", "topic-permissions", management.vhost, service, body=body)
            more = True
    return more


def _may_read_more(management: Management, service: str, queue: str) -> bool:
    answer = management.ask("GET", "permissions", management.vhost, service)
    if answer.status_code == 404:
        return False
    granted = read(answer)
    if re.search(granted["read"], queue):
        return False
    body = {name: granted[name] for name in ("configure", "write")}
    body["read"] = f"{granted['read']}|^{re.escape(queue)}$"
    management.ask("PUT", "permissions", management.vhost, service, body=body)
    return True


def _lacking(service: str, pattern: str) -> list[str]:
    said = (kind.name for kind in EVENT_TYPES.values() if kind.said_by == service and not kind.reply)
    return [name for name in said if not re.search(pattern, name)]

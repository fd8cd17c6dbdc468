"""Outside systems that publish: users of the broker, each with one name and no other right.

Goes through RabbitMQ's management API as an administrator, see `operations.management_api`.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Any

from chassis.messaging.topology import apply, reply_queue
from chassis.names import ARRIVALS, REPLIES
from contracts.registry import EVENT_TYPES, OUTSIDERS
from operations.broker import broker_connection
from operations.errors import Conflict, NotFound, WrongInput
from operations.management_api import Management, read

TAG = "publisher"
LIMITS = {"max-connections": 20, "max-channels": 100}
# One word of a routing key, and fit for the source of its events.
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True)
class NewPublisher:
    """A publisher's rights, and the password, which is kept nowhere."""

    publisher: str
    password: str
    exchange: str
    routing_key: str
    source: str
    reply_queue: str


@dataclass(frozen=True)
class KnownPublisher:
    """:param replies_waiting: replies that it has not fetched; None where it has no reply queue."""

    publisher: str
    replies_waiting: int | None


def add_publisher(name: str, *, new_password: bool = False) -> NewPublisher:
    """Make a user who may report arrivals and count them under its own name, read its replies, no more.

    :param new_password: it may be there already: it gets another password, and its rights again.
    """
    management = Management.find()
    if _known(management, name) and not new_password:
        raise Conflict(f"{name} is there already: --new-password gives it another password")
    with broker_connection("doorstep publisher") as connection:
        apply(connection, [reply_queue(name)])
    password = secrets.token_urlsafe(24)
    management.ask("PUT", "users", name, body={"password": password, "tags": TAG})
    queue, key = f"{REPLIES}.{name}", f"arrival.reported.{name}"
    _grant_topics(management, name)
    for limit, value in LIMITS.items():
        management.ask("PUT", "user-limits", name, limit, body={"value": value})
    may = {"configure": "^$", "write": _only(ARRIVALS), "read": _only(queue)}
    management.ask("PUT", "permissions", management.vhost, name, body=may)
    return NewPublisher(name, password, ARRIVALS, key, f"/{name}/", queue)


def renew_rights() -> int:
    """Give every publisher the routing keys that one of today has. Returns how many had others.

    They live in the broker's volume and in backups, and so they may be of an older version. Raises WorldAway.
    """
    management = Management.find()
    renewed = 0
    for user in management.get("users"):
        if not _is_publisher(user):
            continue
        name = user["name"]
        granted = management.get("users", name, "topic-permissions")
        here = [one["write"] for one in granted if one["vhost"] == management.vhost]
        if here and _topics(name) not in here:  # with none here it publishes elsewhere
            _grant_topics(management, name)
            renewed += 1
    return renewed


def _grant_topics(management: Management, name: str) -> None:
    """A topic permission of an exchange is one pattern: what it names, and no more."""
    may = {"exchange": ARRIVALS, "write": _topics(name), "read": "^$"}
    management.ask("PUT", "topic-permissions", management.vhost, name, body=may)


def _topics(name: str) -> str:
    kinds = "|".join(re.escape(kind.name) for kind in EVENT_TYPES.values() if kind.said_by == OUTSIDERS)
    return rf"^({kinds})\.{re.escape(name)}$"


def list_publishers() -> list[KnownPublisher]:
    """In order of name."""
    management = Management.find()
    names = sorted(user["name"] for user in management.get("users") if _is_publisher(user))
    queues = {queue["name"]: queue for queue in management.get("queues", management.vhost)}
    return [KnownPublisher(name, _waiting(queues.get(f"{REPLIES}.{name}"))) for name in names]


def remove_publisher(name: str) -> None:
    """Take the user away; its connections are closed. The replies it has not fetched stay."""
    management = Management.find()
    if not _known(management, name):
        raise NotFound(f"there is no publisher {name}")
    management.ask("DELETE", "users", name)


def _known(management: Management, name: str) -> bool:
    """Raises WrongInput for a name that cannot be a publisher's, or is another user's."""
    if not _NAME.fullmatch(name):
        raise WrongInput(
            f"{name} cannot be a publisher's name: small letters, digits and hyphens, as in rail-lanzhou"
        )
    answer = management.ask("GET", "users", name)
    if answer.status_code == 404:
        return False
    if not _is_publisher(read(answer)):
        raise WrongInput(f"{name} is a user of the broker, but no publisher: choose another name")
    return True


def _is_publisher(user: dict[str, Any]) -> bool:
    tags = user.get("tags") or []
    return TAG in (tags if isinstance(tags, list) else tags.split(","))


def _waiting(queue: dict[str, Any] | None) -> int | None:
    """The broker counts a new queue only after a few seconds."""
    return int(queue.get("messages", 0)) if queue else None


def _only(name: str) -> str:
    return f"^{re.escape(name)}$"

"""Outside systems that publish: users of the broker, each with one name and no right but those it was given.

Registration's table says who may publish what. The broker is kept in step with it, through RabbitMQ's
management API as an administrator (`operations.management_api`).
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from amqp.exceptions import NotFound as NoQueue

from chassis.messaging.topology import apply, own_queue, publishers_name, reply_queue
from chassis.names import ARRIVALS, INBOUND, REPLIES, own_queue_name
from chassis.unit_of_work import UnitOfWork, Work
from contracts.faults import Refused
from contracts.registry import INBOUND_TYPES
from operations.broker import broker_connection
from operations.databases import database_of, settings_of
from operations.errors import Conflict, NotFound, WrongInput
from operations.management_api import Management, read
from operations.publisher_queues import parted_handlers
from services.registration import door as registration
from services.registration.door import KnownPublisher

TAG = "publisher"
LIMITS = {"max-connections": 20, "max-channels": 100}
USUAL = ("arrival.reported", "batch.closed")
"""What a publisher may say where nothing else was said."""
EXCHANGES = (INBOUND, ARRIVALS)
"""The second one for clients of before. Who may write to an exchange and has no topic permission there may
write every routing key: so permissions come last."""
# One word of a routing key, and fit for the source of its events.
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
# Services empty a queue, and let go of it, within seconds.
_LET_GO_S = 15.0
_LOOK_S = 0.2


@dataclass(frozen=True)
class NewPublisher:
    """A publisher's rights, and the password, which is kept nowhere.

    :param password: None where it keeps the one it has.
    :param routing_key: the first of them.
    """

    publisher: str
    password: str | None
    exchange: str
    routing_key: str
    source: str
    reply_queue: str
    may: tuple[str, ...]
    routing_keys: tuple[str, ...]


@dataclass(frozen=True)
class Publisher:
    """:param replies_waiting: replies that it has not fetched; None where it has no reply queue.
    :param may: the event types that it may publish; None where it is not in the table.
    :param keys: API keys that count.
    :param user: whether it is a user of the broker.
    """

    publisher: str
    replies_waiting: int | None
    may: tuple[str, ...] | None
    keys: int
    user: bool
    created_at: datetime | None = None
    removed_at: datetime | None = None


@dataclass(frozen=True)
class Removed:
    """:param kept: queues that stay, with their messages: something is in them. They go on being read."""

    publisher: str
    kept: dict[str, int]


def add_publisher(
    name: str, *, may: Sequence[str] = (), new_password: bool = False, renew: bool = False
) -> NewPublisher:
    """Make a user who may publish events of these types under its own name, read its replies, no more.

    :param may: event types; without any those it has, or the usual.
    :param new_password: it may be there already: it gets another password, and its rights again.
    :param renew: it is there already, and gets its rights again.
    """
    management = Management.find()
    there = _is_user(management, name)
    if there and not (new_password or renew):
        raise Conflict(
            f"{name} is there already: --renew gives it its rights again, --new-password another password too"
        )
    if renew and not there and not new_password:
        raise NotFound(f"there is no publisher {name} at the broker: add it, without --renew")
    row = _rows().get(name)
    wanted = _checked(may) or (row.may if row and not row.removed_at else USUAL)
    _keep(name, wanted)
    _declare_queues(name, wanted)
    password = secrets.token_urlsafe(24) if new_password or not there else None
    if password:
        management.ask("PUT", "users", name, body={"password": password, "tags": TAG})
    _grant(management, name, wanted)
    queue = f"{REPLIES}.{name}"
    keys = tuple(f"{event}.{name}" for event in wanted)
    return NewPublisher(name, password, INBOUND, keys[0], f"/{name}/", queue, tuple(wanted), keys)


def renew_rights() -> int:
    """Give every publisher at the broker the rights that the table says. Returns how many had others.

    They live in the broker's volume and in backups, and so they may be of an older version: who is not in the
    table is taken into it, with what is usual. Raises WorldAway, and NotSetUp where there is no such table.
    """
    management, rows = Management.find(), _rows()
    renewed = 0
    for user in management.get("users"):
        if not _is_publisher(user):
            continue
        name = user["name"]
        granted = management.get("users", name, "topic-permissions")
        here = {one["exchange"]: one["write"] for one in granted if one["vhost"] == management.vhost}
        if not here:  # it publishes elsewhere
            continue
        row = rows.get(name)
        if row and row.removed_at:
            continue
        wanted = row.may if row else USUAL
        if row is None or row.own_queue != _has_own_queue(wanted):
            _keep(name, wanted)
            _declare_queues(name, wanted)
        if here != dict.fromkeys(EXCHANGES, _topics(name, wanted)):
            _grant(management, name, wanted)
            renewed += 1
    return renewed


def list_publishers() -> list[Publisher]:
    """Those at the broker and those in the table, in order of name."""
    management = Management.find()
    users = {user["name"] for user in management.get("users") if _is_publisher(user)}
    queues = {queue["name"]: queue for queue in management.get("queues", management.vhost)}
    rows = _rows()
    return [
        Publisher(
            publisher=name,
            replies_waiting=_waiting(queues.get(f"{REPLIES}.{name}")),
            may=row.may if row else None,
            keys=row.keys if row else 0,
            user=name in users,
            created_at=row.created_at if row else None,
            removed_at=row.removed_at if row else None,
        )
        for name in sorted({*users, *rows})
        for row in [rows.get(name)]
    ]


def remove_publisher(name: str) -> Removed:
    """Take the user away; its connections are closed, its API keys end. The replies it has not fetched stay.

    Its own queues go when nothing is in them. What comes under its name later goes the way of all others.
    """
    management = Management.find()
    there, row = _is_user(management, name), _rows().get(name)
    if not there and not (row and (row.own_queue or not row.removed_at)):
        raise NotFound(f"there is no publisher {name}")
    if there:
        management.ask("DELETE", "users", name)
    with _unit() as uow:
        registration.REMOVE_PUBLISHER(uow, name)
    return Removed(name, _take_queues_away(name) if row and row.own_queue else {})


def new_api_key(name: str, *, end_others: bool = False) -> str:
    """A key for the REST edge, which is kept nowhere. Raises NotFound."""
    try:
        with _unit() as uow:
            return registration.MAKE_API_KEY(uow, name, end_others=end_others)
    except Refused as refused:
        raise NotFound(str(refused)) from None


# -- the table -----------------------------------------------------------------------------------------------


def _rows() -> dict[str, KnownPublisher]:
    """Raises NotSetUp."""
    with database_of("registration").read() as conn:
        return {row.name: row for row in registration.PUBLISHERS(conn)}


def _keep(name: str, may: Sequence[str]) -> None:
    with _unit() as uow:
        registration.KEEP_PUBLISHER(uow, name, may, own_queue=_has_own_queue(may))


@contextmanager
def _unit() -> Iterator[UnitOfWork]:
    with Work.of(settings_of("registration"), database_of("registration")).unit() as uow:
        yield uow


def _checked(may: Sequence[str]) -> tuple[str, ...]:
    if unknown := [name for name in may if name not in INBOUND_TYPES]:
        raise WrongInput(
            f"publishers cannot say {', '.join(unknown)}: they may say {', '.join(INBOUND_TYPES)}"
        )
    return tuple(dict.fromkeys(may))


# -- its queues ----------------------------------------------------------------------------------------------


def _has_own_queue(may: Collection[str]) -> bool:
    return any(set(handler.events) & set(may) for _, handler in parted_handlers())


def _declare_queues(name: str, may: Collection[str]) -> None:
    """Its reply queue, and its own one before each handler that reads it."""
    own = [
        own_queue(service, handler, name)
        for service, handler in parted_handlers()
        if set(handler.events) & set(may)
    ]
    with broker_connection("doorstep publisher") as connection:
        apply(connection, [reply_queue(name), *own])


def _take_queues_away(name: str) -> dict[str, int]:
    """Returns those that are kept, with their messages."""
    kept: dict[str, int] = {}
    with broker_connection("doorstep publisher") as connection:
        queues = []
        for service, handler in parted_handlers():
            work = handler.queue(service)
            queues.append(own_queue_name(work, name))
            with connection.channel() as channel:
                for event in handler.events:
                    channel.queue_unbind(queues[-1], publishers_name(work), f"{event}.{name}")
        states = _settled(connection, queues, lambda messages, _: not messages)
        kept = {queue: messages for queue, (messages, _) in states.items() if messages}
        if not kept:  # but a consumer may have some in hand, which come back when it leaves
            _read_own_queue(name, False)
            states = _settled(connection, queues, lambda _, consumers: not consumers)
            kept = {queue: state[0] for queue, state in states.items() if any(state)}
        if kept:
            _read_own_queue(name, True)
            return kept
        for queue in states:
            with connection.channel() as channel:
                channel.queue_delete(queue)
    return {}


def _settled(connection: Any, queues: Sequence[str], done: Any) -> dict[str, tuple[int, int]]:
    """Ready messages and consumers of the queues that are there, when all are done or the time is over."""
    until = time.monotonic() + _LET_GO_S
    while True:
        found: dict[str, tuple[int, int]] = {}
        for queue in queues:
            with connection.channel() as channel:
                try:
                    declared = channel.queue_declare(queue, passive=True)
                except NoQueue:
                    continue
            found[queue] = (int(declared.message_count), int(declared.consumer_count))
        # With no consumer at all, nobody will empty it.
        if all(done(*state) or not state[1] for state in found.values()) or time.monotonic() > until:
            return found
        time.sleep(_LOOK_S)


def _read_own_queue(name: str, read: bool) -> None:
    with _unit() as uow:
        registration.READ_OWN_QUEUE(uow, name, read)


# -- its user ------------------------------------------------------------------------------------------------


def _grant(management: Management, name: str, may: Sequence[str]) -> None:
    for exchange in EXCHANGES:
        # A topic permission of an exchange is one pattern: what it names, and no more.
        topics = {"exchange": exchange, "write": _topics(name, may), "read": "^$"}
        management.ask("PUT", "topic-permissions", management.vhost, name, body=topics)
    for limit, value in LIMITS.items():
        management.ask("PUT", "user-limits", name, limit, body={"value": value})
    rights = {"configure": "^$", "write": _only(*EXCHANGES), "read": _only(f"{REPLIES}.{name}")}
    management.ask("PUT", "permissions", management.vhost, name, body=rights)


def _topics(name: str, may: Sequence[str]) -> str:
    return rf"^({'|'.join(re.escape(kind) for kind in sorted(may))})\.{re.escape(name)}$"


def _is_user(management: Management, name: str) -> bool:
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


def _only(*names: str) -> str:
    return f"^({'|'.join(map(re.escape, names))})$" if len(names) > 1 else f"^{re.escape(names[0])}$"

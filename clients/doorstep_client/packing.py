"""Events into AMQP messages: alone, or several of one type and publisher in a JSON array."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from doorstep_client.events import ARRIVAL_REPORTED, dump, names_a_person, publisher_of

ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"

# Doorstep's consumers take no more than this in one message; a larger one becomes a dead letter.
MAX_EVENTS = 200
MAX_BYTES = 1024 * 1024

# Words of a routing key.
_TYPE = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*")


@dataclass(frozen=True, slots=True)
class Raw:
    """A body that is sent exactly as it is, for trying what a consumer does with it.

    `type` is the event type under which it is published, whatever the body says.
    """

    body: bytes
    content_type: str
    publisher: str
    type: str = ARRIVAL_REPORTED


@dataclass(frozen=True, slots=True)
class Member:
    position: int
    publisher: str
    id: str | None
    source: str | None
    time: str | None = None
    type: str = ARRIVAL_REPORTED


@dataclass(slots=True)
class Message:
    body: bytes
    content_type: str
    routing_key: str
    members: list[Member]


class Unpublishable(ValueError):
    """The item cannot be sent; `member` says which one."""

    def __init__(self, member: Member, reason: str) -> None:
        super().__init__(reason)
        self.member = member


@dataclass(slots=True)
class _Pile:
    bodies: list[bytes] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    size: int = 2


class Packer:
    """Collects events per type and publisher until a message is full. Not for use by two threads at once."""

    def __init__(self, publisher: str | None, events_per_message: int) -> None:
        if not 1 <= events_per_message <= MAX_EVENTS:
            raise ValueError(f"events_per_message must be from 1 to {MAX_EVENTS}")
        self._publisher = publisher
        self._most = events_per_message
        self._piles: dict[str, _Pile] = {}  # by routing key
        self._position = 0

    def add(self, item: Mapping[str, Any] | Raw) -> Iterator[Message]:
        """The messages that became full. Raises Unpublishable for an item that is no event."""
        position = self._position
        self._position += 1
        if isinstance(item, Raw):
            publisher = item.publisher or self._publisher or "unnamed"
            member = Member(position, publisher, None, None, type=item.type)
            yield Message(item.body, item.content_type, _routing_key(item.type, publisher), [member])
            return
        member = self._member(position, item)
        try:
            body = dump(item)
        except (TypeError, ValueError) as error:
            raise Unpublishable(member, f"not JSON: {error}") from None
        if len(body) + 2 > MAX_BYTES:
            raise Unpublishable(member, f"the event is larger than {MAX_BYTES} bytes")
        key = _routing_key(member.type, member.publisher)
        pile = self._piles.setdefault(key, _Pile())
        if pile.members and pile.size + len(body) + 1 > MAX_BYTES:
            yield self._take(key)
            pile = self._piles.setdefault(key, _Pile())
        pile.bodies.append(body)
        pile.members.append(member)
        pile.size += len(body) + 1
        if len(pile.members) >= self._most:
            yield self._take(key)

    def rest(self) -> Iterator[Message]:
        for key in list(self._piles):
            yield self._take(key)

    def _take(self, key: str) -> Message:
        pile = self._piles.pop(key)
        if len(pile.bodies) == 1:
            return Message(pile.bodies[0], ONE, key, pile.members)
        return Message(b"[" + b",".join(pile.bodies) + b"]", BATCH, key, pile.members)

    def _member(self, position: int, event: Mapping[str, Any]) -> Member:
        if not isinstance(event, Mapping):
            raise Unpublishable(Member(position, self._publisher or "", None, None), "not an event")
        id_, source = event.get("id"), event.get("source")
        publisher = self._publisher or (publisher_of(source) if isinstance(source, str) else "")
        if not isinstance(id_, str) or not id_ or not isinstance(source, str) or not source:
            raise Unpublishable(Member(position, publisher, None, None), "the event has no id or no source")
        type_ = event.get("type")
        member = Member(position, publisher, id_, source, _time(event), str(type_ or ""))
        if not publisher or publisher_of(source) != publisher:
            raise Unpublishable(member, f"source must begin with /{publisher}/")
        if name := names_a_person(event):
            raise Unpublishable(member, f"{name} holds the number of a document or phone of somebody in it")
        if not isinstance(type_, str) or not _TYPE.fullmatch(type_):
            raise Unpublishable(member, "the event has no type that could be published")
        return member


def _time(event: Mapping[str, Any]) -> str | None:
    time = event.get("time")
    return time.isoformat() if isinstance(time, datetime) else time if isinstance(time, str) else None


def _routing_key(type: str, publisher: str) -> str:
    return f"{type}.{publisher}"

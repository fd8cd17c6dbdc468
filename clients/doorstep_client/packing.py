"""Events into AMQP messages: alone, or several for one publisher in a JSON array."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from doorstep_client.events import ARRIVAL_REPORTED, dump, publisher_of

ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"

# Doorstep's consumers take no more than this in one message; a larger one becomes a dead letter.
MAX_EVENTS = 200
MAX_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Raw:
    """A body that is sent exactly as it is, for trying what a consumer does with it."""

    body: bytes
    content_type: str
    publisher: str


@dataclass(frozen=True, slots=True)
class Member:
    position: int
    publisher: str
    id: str | None
    source: str | None
    time: str | None = None


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
    """Collects events per publisher until a message is full. Not for use by two threads at once."""

    def __init__(self, publisher: str | None, events_per_message: int) -> None:
        if not 1 <= events_per_message <= MAX_EVENTS:
            raise ValueError(f"events_per_message must be from 1 to {MAX_EVENTS}")
        self._publisher = publisher
        self._most = events_per_message
        self._piles: dict[str, _Pile] = {}
        self._position = 0

    def add(self, item: Mapping[str, Any] | Raw) -> Iterator[Message]:
        """The messages that became full. Raises Unpublishable for an item that is no event."""
        position = self._position
        self._position += 1
        if isinstance(item, Raw):
            publisher = item.publisher or self._publisher or "unnamed"
            member = Member(position, publisher, None, None)
            yield Message(item.body, item.content_type, _routing_key(publisher), [member])
            return
        member = self._member(position, item)
        try:
            body = dump(item)
        except (TypeError, ValueError) as error:
            raise Unpublishable(member, f"not JSON: {error}") from None
        if len(body) + 2 > MAX_BYTES:
            raise Unpublishable(member, f"the event is larger than {MAX_BYTES} bytes")
        pile = self._piles.setdefault(member.publisher, _Pile())
        if pile.members and pile.size + len(body) + 1 > MAX_BYTES:
            yield self._take(member.publisher)
            pile = self._piles.setdefault(member.publisher, _Pile())
        pile.bodies.append(body)
        pile.members.append(member)
        pile.size += len(body) + 1
        if len(pile.members) >= self._most:
            yield self._take(member.publisher)

    def rest(self) -> Iterator[Message]:
        for publisher in list(self._piles):
            yield self._take(publisher)

    def _take(self, publisher: str) -> Message:
        pile = self._piles.pop(publisher)
        if len(pile.bodies) == 1:
            return Message(pile.bodies[0], ONE, _routing_key(publisher), pile.members)
        return Message(b"[" + b",".join(pile.bodies) + b"]", BATCH, _routing_key(publisher), pile.members)

    def _member(self, position: int, event: Mapping[str, Any]) -> Member:
        if not isinstance(event, Mapping):
            raise Unpublishable(Member(position, self._publisher or "", None, None), "not an event")
        id_, source = event.get("id"), event.get("source")
        publisher = self._publisher or (publisher_of(source) if isinstance(source, str) else "")
        if not isinstance(id_, str) or not id_ or not isinstance(source, str) or not source:
            raise Unpublishable(Member(position, publisher, None, None), "the event has no id or no source")
        member = Member(position, publisher, id_, source, _time(event))
        if not publisher or publisher_of(source) != publisher:
            raise Unpublishable(member, f"source must begin with /{publisher}/")
        return member


def _time(event: Mapping[str, Any]) -> str | None:
    time = event.get("time")
    return time.isoformat() if isinstance(time, datetime) else time if isinstance(time, str) else None


def _routing_key(publisher: str) -> str:
    return f"{ARRIVAL_REPORTED}.{publisher}"

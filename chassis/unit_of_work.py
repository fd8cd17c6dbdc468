"""One transaction of one service: reads, writes and the events it records, all or nothing."""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import prometheus_client
from sqlalchemy import Column, Row, Select
from sqlalchemy.engine import Connection

from chassis.clock import Clock
from chassis.database.engine import Database
from chassis.database.tables import TABLES
from chassis.ids import new_id
from chassis.names import EVENTS, REPLIES
from chassis.sealing import BlindIndex, Sealer
from chassis.settings import Settings
from chassis.taking import Taking
from chassis.telemetry import RECORDED
from contracts.envelope import MAX_BYTES, BadEvent, Event, dump_event, event_document, join_events

# Outsiders write this field too: only a valid trace id is passed on.
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-[0-9a-f]{16}-")

# Well under the 1 MiB at which consumers refuse a message.
_MAX_BODY = 400_000


@dataclass(frozen=True, slots=True)
class Message:
    """One row of the outbox: events of one transaction for one routing key."""

    id: str
    exchange: str
    routing_key: str
    events: int
    body: bytes
    created_at: datetime
    by_door: bool | None = None

    def row(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "exchange": self.exchange,
            "routing_key": self.routing_key,
            "events": self.events,
            "body": self.body.decode(),
            "created_at": self.created_at,
            "by_door": self.by_door,
        }


class Looking(Protocol):
    """What whoever only looks needs of a unit of work; an audit has no more."""

    @property
    def conn(self) -> Connection: ...
    @property
    def now(self) -> datetime: ...
    @property
    def zone(self) -> ZoneInfo: ...


@dataclass(frozen=True, slots=True)
class Look:
    """See `Looking`. `now` is the time of the field."""

    conn: Connection
    now: datetime
    zone: ZoneInfo


@dataclass
class UnitOfWork:
    """A use case works with this. It neither commits nor publishes.

    `now` is the time of the field (aware, UTC), the same throughout the unit.
    """

    conn: Connection
    now: datetime
    sealer: Sealer
    index: BlindIndex
    zone: ZoneInfo
    source: str
    pack: int = 50
    by_door: bool = False
    answers: list[tuple[str, Mapping[str, Any]]] | None = None
    """Where somebody waits for them here: type and data of each reply, which then goes to no reply queue."""
    revisions: dict[str, Mapping[str, int]] = field(default_factory=dict)
    """Of the reference data, as this unit first read them, by their table; `chassis/copies.py` keeps them."""
    taking: Taking = field(default_factory=Taking)
    """Which rows a use case by the clock takes."""
    _recorded: dict[tuple[str, str], list[bytes]] = field(default_factory=lambda: defaultdict(list))
    messages: list[Message] = field(default_factory=list)
    _counted: Counter[tuple[prometheus_client.Counter, tuple[str, ...]]] = field(default_factory=Counter)

    def count(self, metric: prometheus_client.Counter, *labels: str) -> None:
        """Add 1 to a metric if the unit is committed."""
        self._counted[metric, labels] += 1

    def take(self, wanted: Select[Any], key: Column[Any], most: int) -> Sequence[Row[Any]]:
        """At most so many of the wanted rows, without those that are set aside. Whatever runs by the clock
        takes its rows by this, so that a bad one does not stop it; see `Taking.rows`."""
        return self.taking.rows(self.conn, wanted, key, most)

    def record(
        self,
        type: str,
        subject: str,
        version: int,
        data: Mapping[str, Any],
        *,
        cause: Event | None,
        again: str | None = None,
    ) -> str:
        """Record an event for the other services; it is published after the commit. Returns the event's id.

        The id follows from type, subject and version: recording the same thing twice is one event.
        Personal fields in `data` must be sealed already.

        :param again: makes it another event, of the same version: what was said before is said once more, to
            those who may not have heard it.
        """
        event_id = f"{type}:{subject}:{version}" + (f":{again}" if again else "")
        body = self._document(event_id, type, subject, version, data, cause)
        self._recorded[EVENTS, type].append(body)
        return event_id

    def reply(
        self,
        publisher: str,
        type: str,
        subject: str,
        data: Mapping[str, Any],
        *,
        cause: Event | BadEvent | None,
    ) -> str:
        """Record an answer for one publisher's reply queue. Returns the event's id."""
        event_id = f"{type}:{subject}"
        if self.answers is not None:
            self.answers.append((type, data))
            return event_id
        body = self._document(event_id, type, subject, None, data, cause)
        self._recorded[REPLIES, publisher].append(body)
        return event_id

    def _document(
        self,
        event_id: str,
        type: str,
        subject: str,
        version: int | None,
        data: Mapping[str, Any],
        cause: Event | BadEvent | None,
    ) -> bytes:
        self.count(RECORDED, type)
        body = dump_event(
            event_document(
                id=event_id,
                source=self.source,
                type=type,
                data=data,
                time=self.now,
                subject=subject,
                dataschema=f"urn:doorstep:{type}:1",
                aggregateversion=version,
                correlationid=cause.correlationid if cause else event_id,
                traceparent=_child_of(cause.traceparent if cause else None),
            )
        )
        if len(body) + 2 > MAX_BYTES:  # every reader would refuse it
            raise ValueError(f"{type} of {len(body)} bytes: an event holds at most {MAX_BYTES}")
        return body

    def write_outbox(self) -> None:
        """Store the recorded events, packed in messages. Called once, at the end of the transaction."""
        created = datetime.now(UTC)
        for (exchange, routing_key), bodies in self._recorded.items():
            for packed in _packs(bodies, self.pack):
                body = join_events(packed)
                left = self.by_door or None
                self.messages.append(
                    Message(new_id(), exchange, routing_key, len(packed), body, created, left)
                )
        if self.messages:  # few and long rows: a JSON document around JSON documents would cost more
            self.conn.execute(TABLES["outbox"].insert(), [message.row() for message in self.messages])

    def committed(self) -> None:
        """Count the metrics. Called once, after the commit."""
        for (metric, labels), times in self._counted.items():
            metric.labels(*labels).inc(times)


class Outlet(Protocol):
    """Publishes the messages of committed units."""

    def mark(self, conn: Connection) -> None:
        """Mark confirmed messages. Called inside each transaction, just before it ends."""

    def committed(self, messages: Sequence[Message]) -> None:
        """Publish. Called after each commit."""


@dataclass(frozen=True)
class Work:
    """Opens units of work on one service's database.

    :param outlet: publishes the messages of each committed unit. Without one they wait in the outbox for the
        service's sweep, as command-line tools let them.
    :param by_door: they do not wait for the sweep: the service's event process sends them within 200 ms.
    """

    service: str
    database: Database
    clock: Clock
    sealer: Sealer
    index: BlindIndex
    zone: ZoneInfo
    pack: int = 50
    outlet: Outlet | None = None
    by_door: bool = False

    @classmethod
    def of(cls, settings: Settings, database: Database, outlet: Outlet | None = None) -> Work:
        """Make it from the settings. Raises SettingsError for keys that cannot be read."""
        return cls(
            service=settings.service,
            database=database,
            clock=settings.clock(),
            sealer=settings.sealer(),
            index=settings.index(),
            zone=settings.zone,
            pack=settings.pack,
            outlet=outlet,
        )

    @contextmanager
    def unit(self) -> Iterator[UnitOfWork]:
        """Commits when the block ends, rolls back when it raises.

        Raises WorldAway where the clocks of this machine and of the database are hours apart.
        """
        with self.database.begin() as conn:
            if not self.database.is_sqlite:  # its clock is this machine's
                self.database.clocks.look(conn)
            uow = self._unit(conn)
            yield uow
            uow.write_outbox()
            if self.outlet:
                self.outlet.mark(conn)
        uow.committed()
        if self.outlet:
            self.outlet.committed(uow.messages)

    @contextmanager
    def look(self) -> Iterator[UnitOfWork]:
        """For reading only: nothing that is recorded in it is kept."""
        with self.database.look() as conn:
            yield self._unit(conn)

    def _unit(self, conn: Connection) -> UnitOfWork:
        return UnitOfWork(
            conn=conn,
            now=self.clock.now(),
            sealer=self.sealer,
            index=self.index,
            zone=self.zone,
            source=f"/doorstep/{self.service}",
            pack=self.pack,
            by_door=self.by_door,
        )

    def write_marks(self) -> None:
        """Mark the messages that the broker has confirmed, where no other unit of work is about to do so."""
        with self.unit():
            pass


def _packs(bodies: Sequence[bytes], most: int) -> Iterator[list[bytes]]:
    pack: list[bytes] = []
    size = 0
    for body in bodies:
        if pack and (len(pack) >= most or size + len(body) > _MAX_BODY):
            yield pack
            pack, size = [], 0
        pack.append(body)
        size += len(body)
    if pack:
        yield pack


def _child_of(traceparent: str | None) -> str:
    """Return a W3C trace context with a new span: in the trace of the cause, or in a new trace."""
    found = _TRACEPARENT.match(traceparent or "")
    ids = os.urandom(8 if found else 24).hex()
    return f"00-{found[1] if found else ids[16:]}-{ids[:16]}-01"

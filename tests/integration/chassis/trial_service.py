"""The smallest service there is, for tests of the chassis: it writes down which notes it handled."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Integer, MetaData, String, Table, select

from chassis.clock import Clock
from chassis.database.engine import Database
from chassis.database.statements import insert_rows
from chassis.database.tables import chassis_tables
from chassis.errors import Wrong
from chassis.handlers import Handler, Service
from chassis.messaging.connection import close_quietly, connect
from chassis.messaging.consumer import BatchConsumer
from chassis.messaging.outbox import Outbox
from chassis.messaging.publisher import CONFIRM_LIMIT_S, Publisher
from chassis.messaging.topology import apply, service_entities, shared_entities
from chassis.sealing import BlindIndex, Sealer
from chassis.settings import Settings, read_settings
from chassis.unit_of_work import UnitOfWork, Work
from contracts.envelope import BATCH, ONE, Event, dump_event, event_document, join_events
from contracts.faults import Refused
from tests.waiting import PATIENCE_S

metadata = MetaData()
chassis_tables(metadata)
handled = Table("handled", metadata, Column("n", Integer, primary_key=True), Column("place", String(40)))


def prepare(url: str) -> None:
    database = Database(url)
    metadata.create_all(database.engine)
    database.dispose()


def place_event(n: int, **changes: Any) -> dict[str, Any]:
    """A valid place.changed event; its number is its version."""
    data = {"place_id": f"p{n}", "level": "grid", "name": "grid", "aliases": [], "removed": False}
    return event_document(
        **{
            "id": f"place-{n}",
            "source": "/test",
            "type": "place.changed",
            "subject": f"p{n}",
            "aggregateversion": n,
            "time": datetime.now(UTC),
            "data": data,
            **changes,
        }
    )


def write_down(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Handle: a second time for the same number would break the primary key."""
    for event in events:
        if event.data["name"] == "poison":
            raise RuntimeError("this one is bad")
        if event.data["name"] == "wrong":
            raise Wrong("this one is wrong for ever")
        if event.data["name"] == "refused":
            raise Refused.conflict("place_id", "somebody has changed it")
    insert_rows(uow.conn, handled, [{"n": e.version, "place": e.data["place_id"]} for e in events])
    for event in events:
        uow.record("task.planned", event.subject or "", event.version, {"seen": event.id}, cause=event)


@dataclass
class Trial:
    """The trial service on one broker and one database, with as many replicas as are started."""

    broker_url: str
    database_url: str
    use_case: Callable[[UnitOfWork, Sequence[Event]], None] = write_down
    retry_delays: tuple[int, ...] = (1, 1)
    batch: int = 200
    wait_ms: int = 50
    handler: Handler | None = None
    """Instead of one that takes notes."""
    consumers: list[tuple[BatchConsumer, threading.Thread]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.handler = self.handler or Handler(
            "write_down", ("place.changed",), self.use_case, batch=self.batch, wait_ms=self.wait_ms
        )
        self.service = Service("trial", (self.handler,))
        self.queue = self.handler.queue("trial")
        self.database = Database(self.database_url)
        self.settings = self._settings()
        self.work = Work(
            service="trial",
            database=self.database,
            clock=Clock(),
            sealer=self.settings.sealer(),
            index=self.settings.index(),
            zone=self.settings.zone,
        )
        connection = connect(self.broker_url, "test")
        apply(connection, shared_entities(self.retry_delays))
        apply(connection, service_entities(self.service))
        close_quietly(connection)

    def _settings(self) -> Settings:
        key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
        settings = read_settings(
            "trial",
            {
                "DOORSTEP_TRIAL_DATABASE_URL": self.database_url,
                "DOORSTEP_BROKER_URL": self.broker_url,
                "DOORSTEP_SEAL_KEYS": f"k1:{key}",
                "DOORSTEP_INDEX_KEY": key,
            },
        )
        return replace(settings, retry_delays=self.retry_delays)

    def start(self, *, outlet_limit_s: float = CONFIRM_LIMIT_S) -> BatchConsumer:
        outbox = Outbox(Publisher(self.broker_url, "trial", limit_s=outlet_limit_s))
        work = replace(self.work, outlet=outbox)
        consumer = BatchConsumer(self.service, self.handler, work, outbox, self.settings)
        thread = threading.Thread(target=consumer.run, daemon=True)
        thread.start()
        self.consumers.append((consumer, thread))
        return consumer

    def stop(self) -> None:
        for consumer, _ in self.consumers:
            consumer.stop()
        for _, thread in self.consumers:
            thread.join(PATIENCE_S)
            assert not thread.is_alive(), "the consumer did not stop"
        self.consumers.clear()

    def publish(
        self,
        *bodies: bytes,
        content_type: str = ONE,
        key: str = "place.changed",
        exchange: str = "doorstep.events",
        content_encoding: str | None = None,
    ) -> None:
        publisher = Publisher(self.broker_url, "test")
        taken: list[str] = []
        for number, body in enumerate(bodies):
            publisher.send(
                str(number),
                exchange,
                key,
                body,
                content_type=content_type,
                content_encoding=content_encoding,
                on_confirmed=taken.append,
            )
        publisher.wait()
        assert len(taken) == len(bodies)
        publisher.drop()

    def publish_events(self, *documents: dict[str, Any]) -> None:
        self.publish(*(dump_event(document) for document in documents))

    def publish_packed(self, *documents: dict[str, Any]) -> None:
        self.publish(join_events(dump_event(d) for d in documents), content_type=BATCH)

    def numbers(self) -> list[int]:
        with self.database.read() as conn:
            return list(conn.execute(select(handled.c.n).order_by(handled.c.n)).scalars())

    def rows(self, table: str) -> list[Any]:
        with self.database.read() as conn:
            return list(conn.execute(select(metadata.tables[table])))

    def messages_in(self, queue: str) -> int:
        connection = connect(self.broker_url, "test")
        try:
            return int(connection.channel().queue_declare(queue, passive=True).message_count)
        finally:
            close_quietly(connection)


@contextmanager
def running(trial: Trial, **options: Any) -> Iterator[Trial]:
    trial.start(**options)
    try:
        yield trial
    finally:
        trial.stop()


def sealer() -> Sealer:
    return Sealer({"k1": bytes(32)})


def index() -> BlindIndex:
    return BlindIndex(bytes(32))

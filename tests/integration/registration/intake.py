"""The intake of registration on a real broker, as its service runs it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import orjson

from chassis.handover import Sums
from chassis.messaging.connection import close_quietly, connect
from chassis.messaging.consumer import BatchConsumer
from chassis.messaging.dead_letters import DEAD, PURPOSE
from chassis.messaging.dead_queues import DeadQueueDrain
from chassis.messaging.outbox import Outbox
from chassis.messaging.publisher import Publisher
from chassis.messaging.topology import apply, consumed_queues, service_entities, shared_entities
from chassis.names import ARRIVALS, REPLIES
from chassis.settings import read_settings
from contracts.envelope import BATCH, dump_event, join_events
from services.registration import handover
from services.registration.service import SERVICE
from tests.integration.registration.trial import Trial

PUBLISHER = "rail"


@dataclass
class Intake:
    """The intake of registration on a real broker."""

    trial: Trial
    broker_url: str

    def __post_init__(self) -> None:
        key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
        given = {"DOORSTEP_REGISTRATION_DATABASE_URL": self.trial.url, "DOORSTEP_BROKER_URL": self.broker_url}
        given |= {"DOORSTEP_SEAL_KEYS": f"k:{key}", "DOORSTEP_INDEX_KEY": key}
        self.settings = replace(read_settings("registration", given), retry_delays=(1,))
        self.handler = SERVICE.handlers[0]
        self.queue = self.handler.queue(SERVICE.name)
        connection = connect(self.broker_url, "test")
        apply(connection, [*shared_entities((1,)), *service_entities(SERVICE)])
        close_quietly(connection)

    @contextmanager
    def consuming(self) -> Iterator[None]:
        running = []
        for queue in consumed_queues(SERVICE.name, self.handler):
            outbox = Outbox(Publisher(self.broker_url, queue))
            work = replace(self.trial.work, outlet=outbox)
            consumer = BatchConsumer(SERVICE, self.handler, work, outbox, self.settings, queue)
            thread = threading.Thread(target=consumer.run, daemon=True)
            thread.start()
            running.append((consumer, thread))
        try:
            yield
        finally:
            for consumer, _ in running:
                consumer.stop()
            for _, thread in running:
                thread.join(20)

    def publish(
        self,
        body: bytes,
        exchange: str,
        key: str,
        headers: dict[str, Any] | None = None,
        content_type: str = BATCH,
        content_encoding: str | None = None,
    ) -> None:
        publisher, taken = Publisher(self.broker_url, "test"), []
        publisher.send(
            *("1", exchange, key, body),
            content_type=content_type,
            content_encoding=content_encoding,
            on_confirmed=taken.append,
            headers=headers or {},
        )
        publisher.wait()
        publisher.drop()
        assert taken == ["1"]

    def publish_reports(self, *documents: Any) -> None:
        body = join_events(dump_event(document) for document in documents)
        self.publish(body, ARRIVALS, f"arrival.reported.{PUBLISHER}")

    def replies(self) -> list[dict[str, Any]]:
        connection = connect(self.broker_url, "test")
        channel, found = connection.channel(), []
        while (message := channel.basic_get(f"{REPLIES}.{PUBLISHER}", no_ack=True)) is not None:
            found += orjson.loads(message.body)
        close_quietly(connection)
        return found

    def messages_in(self, queue: str) -> int:
        connection = connect(self.broker_url, "test")
        try:
            return int(connection.channel().queue_declare(queue, passive=True).message_count)
        finally:
            close_quietly(connection)

    def drain(self) -> int:
        return DeadQueueDrain(SERVICE, self.trial.work, self.settings).drain()

    def letters(self) -> list[Any]:
        return self.trial.rows(DEAD, "id")

    def body(self, letter: Any) -> Any:
        return orjson.loads(self.trial.sealer.unseal(letter["sealed_body"], PURPOSE))

    def sums(self) -> Sums:
        with self.trial.database.read() as conn:
            return handover.sums(conn, datetime.now(UTC).date())

"""What the broker gave up on goes into the table of dead letters; what only expired, back to its handler."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog
from amqp.exceptions import NotFound

from chassis import stuck_rows
from chassis.errors import WorldAway, is_world_away
from chassis.handlers import Service
from chassis.messaging import dead_letters
from chassis.messaging.arrived import Tally
from chassis.messaging.connection import close_quietly, connect, open_channel
from chassis.messaging.dead_letters import DeadLetter
from chassis.messaging.publisher import Publisher
from chassis.messaging.topology import dead_name, retry_name
from chassis.names import ROUTING_KEY
from chassis.one_by_one import put_aside
from chassis.settings import Settings
from chassis.stuck_rows import Stuck
from chassis.taking import RowKey
from chassis.telemetry import DEAD_LETTERS, MESSAGES, describe_error
from chassis.unit_of_work import Work

log = structlog.get_logger()


class DeadQueueDrain:
    """Moves messages that the broker gave up on from the `.dead` queues into the table.

    Those of outsiders that only expired are sent back into their work queue instead, without a time.
    """

    def __init__(self, service: Service, work: Work, settings: Settings) -> None:
        self._tallies = {
            handler.queue(service.name): Tally(handler.queue(service.name)) if handler.from_outside else None
            for handler in service.handlers
        }
        self._chore = f"{service.name}.dead_letters"
        self._aside: dict[RowKey, Stuck] = {}
        self._work = work
        self._settings = settings
        self._publisher = Publisher(settings.broker_url, "dead letters")

    def drain(self) -> int:
        """Empty the dead queues once. Returns how many messages were moved. Raises when the world is away."""
        moved = 0
        with self._work.database.read() as conn:
            self._aside = {stuck.row: stuck for stuck in stuck_rows.of_chore(conn, self._chore)}
        left_alone = self._left_alone()
        connection = connect(self._settings.broker_url, "dead letters")
        try:
            for handler in self._tallies:
                if dead_name(handler) in left_alone:
                    continue
                channel = open_channel(connection)  # a queue that is missing closes its channel
                while (message := _next(channel, dead_name(handler))) is not None:
                    if self._moved(handler, message):  # else it goes back when the connection is closed
                        channel.basic_ack(message.delivery_tag)
                        moved += 1
        finally:
            close_quietly(connection)
            self._publisher.drop()
        return moved

    def _left_alone(self) -> set[str]:
        """Dead queues in which a message lies that is set aside, until one of them is due.

        To take it and give it back counts as a delivery, and RabbitMQ 4 drops a message after 20.
        """
        now = datetime.now(UTC)
        due = {row.table for row, stuck in self._aside.items() if stuck.retry_at <= now}
        return {row.table for row in self._aside} - due

    def _moved(self, handler: str, message: Any) -> bool:
        """Whether it is in the table now; a message that cannot get there holds up no other."""
        stuck = self._aside.get(self._known_as(handler, message)) if self._aside else None
        if stuck and stuck.retry_at > datetime.now(UTC):
            return False
        if not (self._sent_back(handler, message) or self._buried(handler, message)):
            return False
        if stuck:
            with self._work.database.begin() as conn:
                stuck_rows.release(conn, [stuck])
        return True

    def _buried(self, handler: str, message: Any) -> bool:
        """Whether its letters are in the table now, or one of the whole of it; else it is set aside."""
        try:
            self._move(handler, lambda: dead_letters.of_broker(handler, message, self._work.index))
        except Exception as error:
            if is_world_away(error):
                raise
            why = describe_error(error)
            log.error("dead_letter_not_taken_apart", handler=handler, error=why)
            try:
                self._move(handler, lambda: [dead_letters.as_it_came(handler, message, why)])
            except Exception as worse:
                if is_world_away(worse):
                    raise
                put_aside(self._work.database, self._chore, self._known_as(handler, message), worse)
                return False
        return True

    def _sent_back(self, handler: str, message: Any) -> bool:
        """By the way of what is tried again: a service may write into no work queue.

        Should the ack of the original be lost, it is sent twice and handled once. Raises NotPublished.
        """
        if not self._tallies[handler] or not self._settings.retry_delays:
            return False
        routing_key = dead_letters.only_expired(handler, message)
        if routing_key is None:
            return False
        wire, taken = dead_letters.wire_in(message), list[str]()
        self._publisher.send(
            handler,
            retry_name(self._settings.retry_delays[0]),
            handler,
            wire.body,
            content_type=wire.content_type,
            content_encoding=wire.content_encoding,
            on_confirmed=taken.append,
            headers={ROUTING_KEY: routing_key},
            mandatory=True,
        )
        self._publisher.wait()
        if not taken:
            raise WorldAway("a retry queue takes no copy: it is full, or has no leader")
        return True

    def _known_as(self, handler: str, message: Any) -> RowKey:
        body = dead_letters.wire_in(message).body
        return RowKey(dead_name(handler), hashlib.blake2b(body, digest_size=16).hexdigest())

    def _move(self, handler: str, read: Callable[[], Sequence[DeadLetter]]) -> None:
        tally = self._tallies[handler]
        with self._work.unit() as uow:
            # If an ack is lost after the commit, the message comes again.
            letters = dead_letters.not_yet_waiting(uow.conn, uow.sealer, read())
            buried = dead_letters.bury(uow.conn, uow.sealer, letters)
            if tally:
                tally.add(uow, letters=buried)
        MESSAGES.labels(handler, "dead").inc(len(letters))
        DEAD_LETTERS.labels(handler).inc(len(letters))


def _next(channel: Any, queue: str) -> Any:
    """Return the next message, or None, also where a new service has not declared the queue yet."""
    try:
        return channel.basic_get(queue)
    except NotFound:
        return None

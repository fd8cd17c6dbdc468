"""Publishing with pipelined confirms, each matched to its message by delivery tag.

py-amqp's own confirming publish waits for any confirm: after a late confirm, the next publish counts as
confirmed even if it failed. This publisher remembers each tag. After a time-out or a broken connection it
throws the connection away, with everything unconfirmed on it.

The broker confirms also what it throws away because no queue takes it. A message that must not end like that
is mandatory: then the broker returns it before it confirms it, and it counts as refused. So copies are safe
while a retry queue is missing. Events need it not: what has no subscriber may go, and all else is watched.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from amqp import Message as AmqpMessage
from kombu import Connection

from chassis.errors import WorldAway
from chassis.messaging.connection import BROKER_AWAY, close_quietly, connect, read_events, stay_alive
from chassis.messaging.topology import TopologyDiffers, apply, reply_queue
from chassis.names import REPLIES

# The broker confirms within milliseconds, and under a memory alarm not at all.
CONFIRM_LIMIT_S = 15.0
WINDOW = 500
# A connection on which a message was refused is made anew, but not more often than this: a channel that met a
# queue while its leader was dying refuses everything for that queue until the dead node is back.
NACKED_S = 2.0
# A connection that was quiet for so long is looked at before it is used: a turn may be longer than the broker
# waits for a heartbeat, for instance while a gateway hangs.
QUIET_S = 2.0
# Heartbeats are due every few seconds: whoever asks more often costs and learns nothing.
BEAT_S = 1.0


log = structlog.get_logger()

OnConfirmed = Callable[[str], object]


class NotPublished(WorldAway):
    """The broker is away, refused the message, or did not confirm it in time."""


@dataclass
class Publisher:
    """One connection that only publishes. Not shared between threads of any kind.

    `send` returns at once; its `on_confirmed` is called during a later `send`, `collect` or `wait`.
    """

    url: str
    name: str
    connector: Callable[[str, str], Connection] = connect
    limit_s: float = CONFIRM_LIMIT_S
    refused: int = 0
    _nacked: bool = False
    _opened: float = 0.0
    _beaten: float = 0.0
    _connection: Connection | None = None
    _channel: Any = None
    _next_tag: int = 1
    _waiting: dict[int, tuple[str, float, OnConfirmed]] = field(default_factory=dict)
    _returned: set[int] = field(default_factory=set)
    _reply_queues: set[str] = field(default_factory=set)

    @property
    def unconfirmed(self) -> int:
        return len(self._waiting)

    def send(
        self,
        key: str,
        exchange: str,
        routing_key: str,
        body: bytes,
        *,
        content_type: str,
        content_encoding: str | None = None,
        on_confirmed: OnConfirmed,
        headers: Mapping[str, Any] | None = None,
        expiration_ms: int | None = None,
        mandatory: bool = False,
    ) -> None:
        """Hand one message to the broker; `on_confirmed(key)` follows unless it is refused.

        :param expiration_ms: how long it may lie in a queue, where that keeps messages longer.
        :param mandatory: it is refused where no queue takes it.

        Raises NotPublished.
        """
        try:
            channel = self._open()
            if exchange == REPLIES and routing_key not in self._reply_queues:
                self._declare_reply_queue(routing_key)
            while len(self._waiting) >= WINDOW:
                self._listen()
            message = AmqpMessage(
                body, content_type=content_type, delivery_mode=2, application_headers=dict(headers or {})
            )
            if mandatory:
                message.properties["message_id"] = str(self._next_tag)  # by which a returned one is known
            if content_encoding:
                message.properties["content_encoding"] = content_encoding
            if expiration_ms is not None:
                message.properties["expiration"] = str(expiration_ms)
            self._waiting[self._next_tag] = (key, time.monotonic(), on_confirmed)
            self._next_tag += 1
            channel.basic_publish(message, exchange=exchange, routing_key=routing_key, mandatory=mandatory)
        except BROKER_AWAY as error:
            self.drop()
            raise NotPublished(f"broker away while publishing: {type(error).__name__}") from None

    def collect(self) -> None:
        """Take in the confirms that have come, without waiting. Raises NotPublished after the time limit."""
        try:
            if self._waiting and self._connection is not None:
                self._stay_alive(self._connection)
            self._patience()
        except BROKER_AWAY as error:
            self.drop()
            raise NotPublished(f"broker away while confirming: {type(error).__name__}") from None

    def wait(self) -> None:
        """Wait until every message is confirmed or refused. Raises NotPublished."""
        try:
            while self._waiting:
                self._listen()
        except BROKER_AWAY as error:
            self.drop()
            raise NotPublished(f"broker away while confirming: {type(error).__name__}") from None

    def beat(self) -> None:
        """Keep an idle connection alive, and notice a broken one; call it as often as you like."""
        if self._connection is None or time.monotonic() - self._beaten < BEAT_S:
            return
        try:
            self._stay_alive(self._connection)
        except BROKER_AWAY:
            self.drop()

    def _stay_alive(self, connection: Connection) -> None:
        stay_alive(connection)
        self._beaten = time.monotonic()

    def drop(self) -> None:
        """Throw the connection away. Unconfirmed messages stay in the outbox for the sweep."""
        self._nacked = False
        self._waiting.clear()
        self._returned.clear()
        self._reply_queues.clear()
        connection, self._connection, self._channel = self._connection, None, None
        close_quietly(connection)

    def _open(self) -> Any:
        if self._nacked and not self._waiting and time.monotonic() - self._opened > NACKED_S:
            self.drop()
        if not self._waiting and time.monotonic() - self._beaten > QUIET_S:
            self.beat()
        if self._connection is None:
            self._connection = self.connector(self.url, self.name)
            self._channel = self._connection.channel()
            self._channel.confirm_select()
            self._channel.events["basic_ack"].add(self._on_ack)
            self._channel.events["basic_nack"].add(self._on_nack)
            self._channel.events["basic_return"].add(self._on_return)
            self._next_tag = 1
            self._opened = self._beaten = time.monotonic()
        return self._channel

    def _declare_reply_queue(self, publisher: str) -> None:
        """Declare on first use. A queue with other properties must not hold up the messages of others."""
        assert self._connection is not None
        try:
            apply(self._connection, [reply_queue(publisher)])
        except TopologyDiffers as error:
            log.error("reply_queue_differs", publisher=publisher, difference=str(error))
        self._reply_queues.add(publisher)

    def _listen(self) -> None:
        """Wait for the next confirms. Raises NotPublished or one of BROKER_AWAY."""
        patience = self._patience()
        assert self._connection is not None
        read_events(self._connection, min(patience, 1.0))
        self._stay_alive(self._connection)

    def _patience(self) -> float:
        """Seconds left until the oldest unconfirmed message is given up. Raises NotPublished."""
        if not self._waiting:
            return 0
        _, sent, _ = self._waiting[next(iter(self._waiting))]
        left = sent + self.limit_s - time.monotonic()
        if left <= 0:
            count = len(self._waiting)
            self.drop()
            raise NotPublished(f"{count} messages not confirmed within {self.limit_s:.0f} s")
        return left

    def _on_ack(self, tag: int, multiple: bool) -> None:
        for settled, (key, _, on_confirmed) in self._settled(tag, multiple):
            if settled in self._returned:
                self._returned.remove(settled)
                self.refused += 1
            else:
                on_confirmed(key)

    def _on_nack(self, tag: int, multiple: bool) -> None:
        self.refused += len(self._settled(tag, multiple))
        self._nacked = True

    def _on_return(self, _error: Exception, exchange: str, _routing_key: str, message: Any) -> None:
        log.error("no_queue_takes_it", exchange=exchange)
        self._returned.add(int(message.properties["message_id"]))

    def _settled(self, tag: int, multiple: bool) -> list[tuple[int, tuple[str, float, OnConfirmed]]]:
        tags = [t for t in self._waiting if t <= tag] if multiple else [tag]
        return [(t, self._waiting.pop(t)) for t in tags if t in self._waiting]

"""The publisher's own reply queue says what became of each report: `doorstep.replies.<publisher>`."""

from __future__ import annotations

import json
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import pika
import pika.exceptions

from doorstep_client.address import CONNECT_LIMIT, read_addresses
from doorstep_client.errors import AccessRefused, BrokerUnreachable, QueueMissing, in_words, is_refusal

ACCEPTED = "report.accepted"
REJECTED = "report.rejected"
SETTLED = "command.settled"
SLOWED = "publisher.slowed"
DONE = "done"

_log = logging.getLogger("doorstep_client")
_INTERNAL_ERROR = 541
_LOST = (pika.exceptions.AMQPError, OSError, BrokerUnreachable)


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that was wrong with a report. `field` is a path such as `companions[0].identity_number`."""

    field: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Reply:
    """`event_source` and `event_id` are those of the event it answers.

    `outcome`: of an accepted report registered or merged; of every other event (`command.settled`) done,
    unknown, not_allowed, invalid or conflict, with `reasons` where it is not done. `command` names what the
    event asked for, `result` what came of it when it is done.
    `to_correct`: what of an accepted report is wrong; the rest of it is acted upon.
    """

    type: str
    publisher: str
    report_id: str
    event_source: str
    event_id: str
    outcome: str | None = None
    arrival_ids: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    to_correct: tuple[Reason, ...] = ()
    event: dict[str, Any] = field(default_factory=dict, repr=False)
    command: str | None = None
    result: dict[str, Any] = field(default_factory=dict)

    @property
    def accepted(self) -> bool:
        """Whether Doorstep acts, or has acted, upon the event."""
        return self.type == ACCEPTED or (self.type == SETTLED and self.outcome == DONE)


class Replies:
    """Reads the reply queue of one publisher, or of several. Use it in a `with` block, from one thread.

    A message is acknowledged after the callback returned for every reply in it; if the callback raises or
    the program dies, the whole message comes again: treat a reply that you have seen as the same one
    (`event_source` and `event_id`). Two readers of one queue share its replies between them.
    """

    def __init__(self, url: str, *publishers: str, prefetch: int = 50, connect_limit: float = 10.0) -> None:
        if not publishers:
            raise ValueError("name at least one publisher")
        self._nodes = read_addresses(url)
        for parameters in self._nodes:
            parameters.client_properties = {"connection_name": f"doorstep-client replies {publishers[0]}"}
            parameters.socket_timeout = parameters.stack_timeout = min(CONNECT_LIMIT, connect_limit)
        self._publishers = publishers
        self._prefetch = prefetch
        self._connect_limit = connect_limit
        self._connection: Any = None
        self._channel: Any = None
        self._arrived: deque[tuple[str, int, bytes]] = deque()

    def __enter__(self) -> Self:
        self._connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._disconnect()

    def read(
        self,
        callback: Callable[[Reply], object],
        *,
        until: Callable[[], bool] = lambda: False,
        idle: float | None = None,
    ) -> None:
        """Calls back for every reply, until `until()` is true or none came for `idle` seconds.

        A lost broker is waited for with back-off, for `idle` seconds at most.
        """
        quiet_since, back_off = time.monotonic(), 0.1
        while not until():
            if idle is not None and time.monotonic() - quiet_since >= idle:
                return
            try:
                arrived = self._next()
            except _LOST as error:
                self._disconnect()
                if isinstance(error, pika.exceptions.ChannelClosedByBroker) and error.reply_code == 404:
                    raise QueueMissing(in_words(error)) from None
                time.sleep(back_off)
                back_off = min(5.0, back_off * 2)
                continue
            if arrived is None:
                continue
            publisher, tag, body = arrived
            for reply in replies_in(body, publisher):
                callback(reply)  # its errors are the caller's, also those that look like a lost broker
            try:
                self._channel.basic_ack(tag)
            except _LOST:
                self._disconnect()  # it comes again
            quiet_since, back_off = time.monotonic(), 0.1

    def _next(self) -> tuple[str, int, bytes] | None:
        """A message, unless none comes within a moment. Raises one of _LOST."""
        if self._connection is None:
            self._connect()
        if not self._arrived:
            self._connection.process_data_events(time_limit=0.2)
        return self._arrived.popleft() if self._arrived else None

    def _connect(self) -> None:
        """RabbitMQ 3.10 ends the connection of whoever reads a queue that is just being made: try again."""
        deadline = time.monotonic() + self._connect_limit
        while not self._opened(last=time.monotonic() >= deadline):
            time.sleep(0.2)

    def _opened(self, *, last: bool) -> bool:
        """False: the queue has no leader yet. :param last: then that is an error, too."""
        self._arrived.clear()
        address = ", ".join(f"{one.host}:{one.port}" for one in self._nodes)
        try:
            self._connection = pika.BlockingConnection(self._nodes)  # takes the first that answers
            self._channel = self._connection.channel()
            self._channel.basic_qos(prefetch_count=self._prefetch)
            for publisher in self._publishers:
                self._channel.basic_consume(f"doorstep.replies.{publisher}", self._keep(publisher))
        except pika.exceptions.ChannelClosedByBroker as error:
            self._disconnect()
            kind = QueueMissing if error.reply_code == 404 else AccessRefused
            raise kind(f"cannot read the replies at {address}: {in_words(error)}") from None
        except (pika.exceptions.AMQPError, OSError) as error:
            self._disconnect()
            if is_refusal(error):
                raise AccessRefused(f"the broker at {address} refuses this user: {in_words(error)}") from None
            if not last and getattr(error, "reply_code", None) == _INTERNAL_ERROR:
                return False
            raise BrokerUnreachable(f"no broker answers at {address}: {in_words(error)}") from None
        return True

    def _keep(self, publisher: str) -> Callable[[Any, Any, Any, bytes], None]:
        def keep(_channel: Any, method: Any, _properties: Any, body: bytes) -> None:
            self._arrived.append((publisher, method.delivery_tag, body))

        return keep

    def _disconnect(self) -> None:
        """Replies that were fetched and not acknowledged go back to the queue."""
        self._arrived.clear()
        random.shuffle(self._nodes)
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None and connection.is_open:
            try:
                connection.close()
            except (pika.exceptions.AMQPError, OSError):
                return


def replies_in(body: bytes, publisher: str) -> Iterator[Reply]:
    """The replies in one message, one or an array. What is of another kind is passed over; a warning that
    Doorstep takes what we say more slowly is logged."""
    document = json.loads(body)
    for event in document if isinstance(document, list) else [document]:
        data = event.get("data") or {}
        if event.get("type") == SLOWED:
            _log.warning("%s", data.get("message"))
        if event.get("type") not in (ACCEPTED, REJECTED, SETTLED):
            continue
        about = data.get("event") or {}
        yield Reply(
            type=event["type"],
            publisher=publisher,
            report_id=str(data.get("report_id", "")),
            event_source=str(about.get("source", "")),
            event_id=str(about.get("id", "")),
            outcome=data.get("outcome"),
            arrival_ids=tuple(data.get("arrival_ids") or ()),
            reasons=_reasons(data.get("reasons")),
            to_correct=_reasons(data.get("to_correct")),
            event=event,
            command=data.get("command"),
            result=data.get("result") or {},
        )


def _reasons(given: Any) -> tuple[Reason, ...]:
    return tuple(
        Reason(str(r.get("field", "")), str(r.get("code", "")), str(r.get("message", "")))
        for r in given or ()
    )

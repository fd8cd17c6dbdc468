"""One confirmed, self-repairing publishing connection, run by a thread of its own.

Everything below `_run` happens on that thread. Callers hand parcels in by `submit` and get each one back,
exactly once, through the queue they gave with it: accepted, refused, unsent or unknown.

pika's BlockingConnection waits for the broker after every message (some 300 messages a second); here up to
`window` messages are on their way at once and each confirm is matched to its own delivery tag.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from queue import SimpleQueue
from typing import Any

import pika
import pika.exceptions
from pika.adapters.select_connection import IOLoop

from doorstep_client.address import CONNECT_LIMIT, read_addresses
from doorstep_client.errors import AccessRefused, BrokerUnreachable, in_words, is_refusal
from doorstep_client.outcomes import Standing
from doorstep_client.packing import Message

_FIRST_BACK_OFF, _LONGEST_BACK_OFF = 0.1, 5.0
_TICK = 0.2  # how exactly time limits are kept, in seconds
_NACK_LIMIT = (
    10.0  # a queue of several nodes refuses while it chooses its leader; a full one goes on refusing
)
_NACK_PAUSE = 0.5
_CHANNEL_LIMIT = 3.0  # one that met a queue while its leader was dying refuses for ever: then all anew
_GOODBYE = 2.0  # a broker that is out of memory does not answer a close: leave without


_NACKED = "the broker would not take it (nack): a queue is full, or has no leader"


@dataclass(slots=True, eq=False)
class Parcel:
    """A message under way. `refusal`: what the broker said against it since it was sent last."""

    message: Message
    settled: SimpleQueue[Parcel]
    deadline: float
    sent: bool = False
    nacked: float | None = None  # when first
    refusal: str | None = None
    standing: Standing | None = None
    reason: str | None = None


@dataclass(slots=True)
class _State:
    """The loop thread's knowledge of the broker. A new channel starts its delivery tags at 1 again."""

    connection: Any = None
    channel: Any = None
    tag: int = 0
    on_the_way: dict[int, Parcel] = field(default_factory=dict)
    blocked: str | None = None
    heard: tuple[int, float] = (-1, 0.0)  # bytes so far, and when there were first so many
    error: str = "not connected yet"
    refused: bool = False
    back_off: float = _FIRST_BACK_OFF
    channel_since: float = 0.0
    holding: bool = False  # for a moment, after a nack
    one_by_one: int = 0  # how many settlements to go with a window of 1, to find who closes the channel


class Link:
    def __init__(self, url: str, *, exchange: str, window: int, time_limit: float, name: str) -> None:
        self._nodes = deque(read_addresses(url))
        for parameters in self._nodes:
            parameters.connection_attempts = 1  # repeated here, so that time limits are kept meanwhile
            parameters.client_properties = {"connection_name": name, "product": "doorstep-client"}
            parameters.socket_timeout = parameters.stack_timeout = min(CONNECT_LIMIT, time_limit)
        self.address = ", ".join(f"{one.host}:{one.port}" for one in self._nodes)
        self._exchange = exchange
        self._window = window
        self._time_limit = time_limit
        self._loop = IOLoop()
        self._incoming: deque[Parcel] = deque()
        self._backlog: deque[Parcel] = deque()
        self._state = _State()
        self._woken = False
        self._ticking = False
        self._closing = False
        self._ready = threading.Event()  # connected, or refused for good
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    # --- called by any thread -------------------------------------------------------------------------

    def open(self, limit: float) -> None:
        """Waits for the first connection. Raises AccessRefused at once, BrokerUnreachable after `limit` s."""
        self._thread.start()
        self._ready.wait(limit)
        if self._state.channel is not None:
            return
        reason, refused = self._state.error, self._state.refused
        self.close()
        if refused:
            raise AccessRefused(f"the broker at {self.address} refuses this user: {reason}")
        raise BrokerUnreachable(f"no broker answers at {self.address}: {reason}")

    def submit(self, message: Message, settled: SimpleQueue[Parcel]) -> None:
        parcel = Parcel(message, settled, time.monotonic() + self._time_limit)
        self._incoming.append(parcel)
        if self._closing or not self._thread.is_alive():
            self._settle_all("the publisher is closed")
        elif not self._woken:
            self._woken = True
            self._loop.add_callback_threadsafe(self._wake)

    def close(self) -> None:
        if self._thread.is_alive() and not self._closing:
            self._loop.add_callback_threadsafe(self._leave)
        self._closing = True
        self._thread.join(_GOODBYE * 2)

    # --- the loop's thread ----------------------------------------------------------------------------

    def _run(self) -> None:
        reason = "the publisher was closed"
        try:
            self._connect()
            self._loop.start()
        except Exception as error:  # a bug must not leave a caller waiting for ever
            reason = f"the connection's thread failed: {in_words(error)}"
            self._state.error = reason
        finally:
            self._closing = True
            self._settle_all(reason)
            self._ready.set()
            self._loop.close()

    def _wake(self) -> None:
        self._woken = False
        while self._incoming:
            self._backlog.append(self._incoming.popleft())
        self._pump()
        if not self._ticking:
            self._ticking = True
            self._loop.call_later(_TICK, self._tick)

    def _pump(self) -> None:
        """Sends while the broker takes and the window has room."""
        state = self._state
        window = 1 if state.one_by_one else self._window
        while (
            self._backlog
            and state.channel is not None
            and state.channel.is_open
            and state.blocked is None
            and not state.holding
            and len(state.on_the_way) < window
        ):
            parcel = self._backlog.popleft()
            state.tag += 1
            state.on_the_way[state.tag] = parcel
            parcel.sent, parcel.refusal = True, None
            message = parcel.message
            state.channel.basic_publish(
                self._exchange,
                message.routing_key,
                message.body,
                pika.BasicProperties(
                    content_type=message.content_type, delivery_mode=2, message_id=str(state.tag)
                ),
                mandatory=True,
            )

    def _on_confirm(self, frame: Any) -> None:
        method = frame.method
        tags = (
            [tag for tag in self._state.on_the_way if tag <= method.delivery_tag]
            if method.multiple
            else [method.delivery_tag]
        )
        nacked = []
        for tag in tags:
            parcel = self._state.on_the_way.pop(tag, None)
            if parcel is None:  # its time limit was over; it is reported as unknown already
                continue
            if method.NAME == "Basic.Nack":
                nacked.append(parcel)
            elif parcel.refusal is not None:
                self._settle(parcel, Standing.REFUSED, parcel.refusal)
            else:
                self._settle(parcel, Standing.ACCEPTED, None)
        self._state.back_off = _FIRST_BACK_OFF
        if nacked:
            self._on_nacked(nacked)
        self._pump()

    def _on_nacked(self, parcels: list[Parcel]) -> None:
        now = time.monotonic()
        for parcel in reversed(parcels):
            parcel.nacked, parcel.refusal = parcel.nacked or now, _NACKED
            if now - parcel.nacked < _NACK_LIMIT:
                self._backlog.appendleft(parcel)
            else:
                self._settle(parcel, Standing.REFUSED, _NACKED)
        if not self._state.holding:
            self._state.holding = True
            self._loop.call_later(_NACK_PAUSE, self._after_nack)

    def _after_nack(self) -> None:
        state = self._state
        state.holding = False
        if state.channel is not None and time.monotonic() - state.channel_since > _CHANNEL_LIMIT:
            self._abort()  # a channel that is stuck does not answer a polite close either
        else:
            self._pump()

    def _on_return(self, _channel: Any, method: Any, properties: Any, _body: bytes) -> None:
        """The broker sends a return before the confirm of the same message."""
        parcel = self._state.on_the_way.get(int(properties.message_id or 0))
        if parcel is not None:
            parcel.refusal = f"the broker has no queue for it: {method.reply_code} {method.reply_text}"

    def _settle(self, parcel: Parcel, standing: Standing, reason: str | None) -> None:
        self._state.one_by_one = max(0, self._state.one_by_one - 1)
        parcel.standing, parcel.reason = standing, reason
        parcel.settled.put(parcel)

    def _give_up(self, parcel: Parcel, reason: str) -> None:
        if parcel.refusal is not None:
            self._settle(parcel, Standing.REFUSED, parcel.refusal)
        else:
            self._settle(parcel, Standing.UNKNOWN if parcel.sent else Standing.UNSENT, reason)

    def _settle_all(self, reason: str) -> None:
        waiting = [*self._state.on_the_way.values()]
        self._state.on_the_way.clear()
        for queue in (self._backlog, self._incoming):
            while queue:
                try:
                    waiting.append(queue.popleft())
                except IndexError:  # another thread was quicker
                    break
        for parcel in waiting:
            self._give_up(parcel, reason)

    def _tick(self) -> None:
        """Keeps the time limits."""
        state, now = self._state, time.monotonic()
        late = [tag for tag, parcel in state.on_the_way.items() if parcel.deadline <= now]
        for tag in late:
            self._give_up(state.on_the_way.pop(tag), self._why_late())
        for _ in range(len(self._backlog)):
            parcel = self._backlog.popleft()
            if parcel.deadline <= now:
                self._give_up(parcel, self._why_late())
            else:
                self._backlog.append(parcel)
        if (late or self._is_silent(now)) and state.blocked is None and state.channel is not None:
            # Silence that long is a dead peer: what it still holds is sent again on a new connection.
            state.error = "the broker did not confirm in time" if late else "the broker was silent"
            self._abort()
        self._ticking = bool(self._backlog or state.on_the_way)
        if self._ticking:
            self._loop.call_later(_TICK, self._tick)

    def _is_silent(self, now: float) -> bool:
        """Not a byte for longer than a healthy broker is silent, which is sooner than pika notices."""
        state = self._state
        if state.connection is None or not state.on_the_way:
            state.heard = (-1, now)
        elif state.connection.bytes_received != state.heard[0]:
            state.heard = (state.connection.bytes_received, now)
        return bool(self._nodes[0].heartbeat) and now - state.heard[1] > 1.4 * self._nodes[0].heartbeat

    def _why_late(self) -> str:
        state, limit = self._state, f"{self._time_limit:g} s"
        if state.blocked is not None:
            return f"the broker blocks publishers ({state.blocked}), for longer than {limit}"
        if state.channel is None:
            return f"no connection to the broker within {limit}: {state.error}"
        return f"no confirm from the broker within {limit}"

    # --- connecting -----------------------------------------------------------------------------------

    def _connect(self) -> None:
        if self._closing:
            return
        self._state.connection = pika.SelectConnection(
            self._nodes[0],
            on_open_callback=self._on_connected,
            on_open_error_callback=self._on_open_error,
            on_close_callback=self._on_closed,
            custom_ioloop=self._loop,
        )

    def _on_connected(self, connection: Any) -> None:
        connection.add_on_connection_blocked_callback(self._on_blocked)
        connection.add_on_connection_unblocked_callback(self._on_unblocked)
        self._open_channel(connection)

    def _on_channel(self, channel: Any) -> None:
        channel.add_on_close_callback(self._on_channel_closed)
        channel.add_on_return_callback(self._on_return)
        channel.confirm_delivery(self._on_confirm, lambda _frame: self._on_confirming(channel))

    def _on_confirming(self, channel: Any) -> None:
        self._state.channel, self._state.tag, self._state.channel_since = channel, 0, time.monotonic()
        self._ready.set()
        self._pump()

    def _on_blocked(self, _connection: Any, frame: Any) -> None:
        self._state.blocked = str(frame.method.reason or "resource alarm")

    def _on_unblocked(self, _connection: Any, _frame: Any) -> None:
        self._state.blocked = None
        self._pump()

    def _take_back(self) -> list[Parcel]:
        """Messages that were on their way on a channel that is gone, first sent first."""
        parcels = [parcel for _tag, parcel in sorted(self._state.on_the_way.items())]
        self._state.on_the_way.clear()
        self._state.channel = None
        return parcels

    def _on_channel_closed(self, _channel: Any, reason: Exception) -> None:
        parcels = self._take_back()
        if not isinstance(reason, pika.exceptions.ChannelClosedByBroker):
            self._backlog.extendleft(reversed(parcels))
            return
        words = in_words(reason)
        if len(parcels) == 1 or reason.reply_code == 404:  # 404: the exchange is missing, for all alike
            for parcel in parcels:
                self._settle(parcel, Standing.REFUSED, words)
        else:
            self._backlog.extendleft(reversed(parcels))
            self._state.one_by_one = len(parcels)
        self._open_channel(self._state.connection)

    def _open_channel(self, connection: Any) -> None:
        if connection is not None and connection.is_open and not self._closing:
            connection.channel(on_open_callback=self._on_channel)
            self._loop.call_later(CONNECT_LIMIT, partial(self._check_channel, connection))

    def _check_channel(self, connection: Any) -> None:
        """A node that waits for another one takes connections and opens no channel."""
        if connection is self._state.connection and self._state.channel is None:
            self._abort()

    def _on_open_error(self, _connection: Any, error: Exception) -> None:
        self._state.error, self._state.refused = in_words(error), is_refusal(error)
        if self._state.refused:
            self._ready.set()
        self._again()

    def _on_closed(self, _connection: Any, reason: Exception) -> None:
        self._backlog.extendleft(reversed(self._take_back()))
        self._state.error = in_words(reason)
        self._again()

    def _again(self) -> None:
        state = self._state
        state.connection, state.channel, state.blocked = None, None, None
        if self._closing:
            self._loop.stop()
            return
        self._loop.call_later(state.back_off * random.uniform(0.5, 1.0), self._connect)
        state.back_off = min(_LONGEST_BACK_OFF, state.back_off * 2)
        self._nodes.rotate(-1)  # to the next

    def _abort(self) -> None:
        """Drops the socket. A polite close would wait for an answer that may never come."""
        if self._state.connection is not None:
            self._state.connection._terminate_stream(pika.exceptions.StreamLostError("given up"))

    def _leave(self) -> None:
        self._closing = True
        connection = self._state.connection
        if connection is None:
            self._loop.stop()
            return
        self._loop.call_later(_GOODBYE, self._loop.stop)
        if connection.is_open and self._state.blocked is None:
            connection.close()
        else:
            self._abort()

"""A small message goes through each retry queue once a minute and comes back, so that a broken way is seen.

Nobody misses a copy that waits for another try: where the broker brings none of them back any more, all
queues look empty and all services are well. A canary expires at once, so it is back within a moment; behind
copies that wait it stays as long as they do, for a queue gives up its messages in order.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from chassis.ids import new_id
from chassis.messaging.connection import close_quietly, connect, open_channel
from chassis.messaging.publisher import Publisher
from chassis.messaging.topology import retry_name
from chassis.names import CANARY
from chassis.telemetry import CANARY_AGE, RETRY_DELAY

LOOK_EVERY_S = 10.0
SEND_EVERY_S = 60.0
# So much longer than the queue keeps copies, and its canary counts as lost; so says the rule CanaryLost.
LATE_S = 180.0


class Canaries:
    """Of one process. What another one had sent counts for nothing here."""

    def __init__(self, url: str, delays: Iterable[int], *, now: Callable[[], float] = time.monotonic) -> None:
        """:param delays: of the retry queues, in seconds."""
        self._url = url
        self._delays = {retry_name(delay): delay for delay in delays}
        self._now = now
        self._publisher = Publisher(url, "canaries")
        self._sent: dict[str, float] = {}
        """Queue -> when the last one was sent."""
        self._out: dict[str, dict[str, float]] = {queue: {} for queue in self._delays}
        """Queue -> those that are not back, oldest first -> when each was sent."""

    def turn(self) -> None:
        """Take in what is back, send what is due, and show it. Raises when the broker is away."""
        try:
            self._publisher.beat()
            if any(self._out.values()):
                self._take_in()
            self._send()
        finally:
            self._show()

    def leave_it(self) -> None:
        """Another replica sends them."""
        CANARY_AGE.clear()
        self._publisher.drop()
        self._sent.clear()
        for out in self._out.values():
            out.clear()

    def _take_in(self) -> None:
        connection = connect(self._url, "canaries back")
        try:
            channel = open_channel(connection)
            while (message := channel.basic_get(CANARY, no_ack=True)) is not None:
                self._is_back(bytes(message.body).decode(errors="replace"))
        finally:
            close_quietly(connection)

    def _is_back(self, name: str) -> None:
        """With it all that were sent before it: they are back, or somebody emptied the queue."""
        for out in self._out.values():
            if name in out:
                sent = out[name]
                for one in [one for one, at in out.items() if at <= sent]:
                    del out[one]

    def _send(self) -> None:
        now = self._now()
        due = {queue: new_id() for queue in self._delays if self._is_due(queue, now)}
        for queue, name in due.items():
            self._publisher.send(
                name,
                queue,
                CANARY,
                name.encode(),
                content_type="text/plain",
                on_confirmed=lambda _name: None,
                expiration_ms=0,
                mandatory=True,
            )
        self._publisher.wait()
        for queue, name in due.items():  # one that was refused does not come back either
            self._sent[queue] = self._out[queue][name] = now

    def _is_due(self, queue: str, now: float) -> bool:
        if queue not in self._sent:
            return True
        kept = self._delays[queue] if self._out[queue] else 0
        return now - self._sent[queue] >= kept + SEND_EVERY_S

    def _show(self) -> None:
        now = self._now()
        for queue, delay in self._delays.items():
            oldest = min(self._out[queue].values(), default=now)
            CANARY_AGE.labels(queue).set(now - oldest)
            RETRY_DELAY.labels(queue).set(delay)


def is_late(age_s: float, delay_s: float) -> bool:
    """:param delay_s: how long the retry queue keeps what lies before it."""
    return age_s - delay_s > LATE_S


def late_canaries() -> dict[str, str]:
    """Retry queues that bring nothing back, as this process saw it last: name -> a few words."""

    def values(gauge: object) -> dict[str, float]:
        return {
            sample.labels["queue"]: sample.value
            for metric in gauge.collect()  # type: ignore[attr-defined]
            for sample in metric.samples
        }

    delays = values(RETRY_DELAY)
    return {
        queue: f"brings nothing back: a message has been on its way through it for {age:.0f} s"
        for queue, age in values(CANARY_AGE).items()
        if is_late(age, delays[queue])
    }

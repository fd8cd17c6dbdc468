"""The load generator, a process of its own: publishes a file of arrivals, as fast as it can or at a rate.

For each arrival it writes down when it handed the event to its connection, and at the end how many the
broker has confirmed. Confirms are pipelined, so that it is never what a pipeline waits for.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

WINDOW = 1000  # unconfirmed messages; beyond it the generator waits


@dataclass(frozen=True, slots=True)
class Published:
    """The outcome of one publishing. Times are Unix seconds; `times` are in the order of the file."""

    confirmed: int
    cpu_seconds: float
    latest: float  # seconds: how far behind its schedule the generator was at worst (0 without a rate)
    event_ids: list[str]
    times: list[float]


class Confirms:
    """Which delivery tags are still unanswered."""

    def __init__(self) -> None:
        self.open: set[int] = set()
        self.confirmed = 0

    def ack(self, delivery_tag: int, multiple: bool = False) -> None:
        settled = (
            {tag for tag in self.open if tag <= delivery_tag} if multiple else {delivery_tag} & self.open
        )
        self.open -= settled
        self.confirmed += len(settled)

    def nack(self, delivery_tag: int, multiple: bool = False) -> None:
        raise SystemExit("the broker refused an arrival")


class Schedule:
    """When each arrival is due. Without a rate each is due at once."""

    def __init__(self, rate: float | None) -> None:
        self._gap = 1 / rate if rate else 0.0
        self.latest = 0.0
        self.begin()

    def begin(self) -> None:
        self._begun = time.time()

    def await_turn(self, number: int, meanwhile: Callable[[float], None]) -> None:
        if not self._gap:
            return
        due = self._begun + number * self._gap
        while (left := due - time.time()) > 0:
            meanwhile(left)
        self.latest = max(self.latest, -left)


def publish_amqp(
    uri: str,
    exchange: str,
    routing_key: str,
    bodies: Sequence[bytes],
    rate: float | None,
    *,
    headers: Sequence[Mapping[str, Any]] = (),
    content_type: str = "application/json",
) -> tuple[int, float, list[float]]:
    """To any exchange, a persistent message an arrival, confirmed. Returns confirmed, lateness, times.

    :param headers: of each body, or of none.
    """
    import amqp
    from kombu.utils.url import url_to_parts

    _, host, port, user, password, vhost, _ = url_to_parts(uri)
    connection = amqp.Connection(f"{host}:{port}", userid=user, password=password, virtual_host=vhost or "/")
    connection.connect()
    channel = connection.channel()
    confirms = Confirms()
    channel.events["basic_ack"].add(confirms.ack)
    channel.events["basic_nack"].add(confirms.nack)
    channel.confirm_select()

    def drain(seconds: float) -> None:
        try:
            connection.drain_events(timeout=max(seconds, 0.0005))
        except TimeoutError:
            return

    times = []
    schedule = Schedule(rate)
    for number, body in enumerate(bodies):
        schedule.await_turn(number, drain)
        while len(confirms.open) >= WINDOW:
            drain(10)
        confirms.open.add(number + 1)
        times.append(time.time())
        message = amqp.Message(body, content_type=content_type, content_encoding="utf-8", delivery_mode=2)
        if headers and headers[number]:
            message.properties["application_headers"] = dict(headers[number])
        channel.basic_publish(message, exchange=exchange, routing_key=routing_key)
    deadline = time.monotonic() + 60
    while confirms.open and time.monotonic() < deadline:
        drain(5)
    connection.close()
    return confirms.confirmed, schedule.latest, times


def publish_doorstep(
    uri: str, publisher: str, bodies: Sequence[bytes], rate: float | None
) -> tuple[int, float, list[float]]:
    """With Doorstep's client library: packed as it does by itself, one by one where there is a rate."""
    from doorstep_client import Publisher

    events = [orjson.loads(body) for body in bodies]
    times: list[float] = []
    schedule = Schedule(rate)

    def due() -> Iterator[dict[str, Any]]:
        for number, event in enumerate(events):
            schedule.await_turn(number, time.sleep)
            times.append(time.time())
            yield event

    alone = Publisher(uri, publisher, events_per_message=1, window=WINDOW)
    with alone if rate else Publisher(uri, publisher) as client:
        schedule.begin()
        confirmed = sum(outcome.accepted for outcome in client.stream(due()))
    return confirmed, schedule.latest, times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uri", required=True)
    parser.add_argument("--publisher", help="publish with doorstep_client under this name")
    parser.add_argument("--exchange", help="publish to this exchange of any kind of consumer")
    parser.add_argument("--routing-key", default="")
    parser.add_argument("--arrivals", type=Path, required=True, help="JSON lines")
    parser.add_argument("--rate", type=float, help="arrivals a second; without it as fast as it goes")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()

    bodies = options.arrivals.read_bytes().splitlines()
    event_ids = [orjson.loads(body)["id"] for body in bodies]
    before = os.times()
    if options.publisher:
        confirmed, latest, times = publish_doorstep(options.uri, options.publisher, bodies, options.rate)
    else:
        confirmed, latest, times = publish_amqp(
            options.uri, options.exchange, options.routing_key, bodies, options.rate
        )
    after = os.times()
    cpu = after.user + after.system - before.user - before.system
    published = Published(confirmed, cpu, latest, event_ids, times)
    options.out.write_text(json.dumps(asdict(published)))


if __name__ == "__main__":
    main()

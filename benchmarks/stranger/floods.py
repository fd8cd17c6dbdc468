"""What one publisher does to the others: a process of its own, which floods as long as a file is there.

Two ways send 3,000 reports as fast as the broker takes them, and the next as soon as these are handled. The
third sends garbage at a steady rate.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from benchmarks.arrivals import event
from benchmarks.load import publish_amqp

FLOODER: Final = "flooder"
KEY: Final = f"arrival.reported.{FLOODER}"
REPORTS: Final = 3000
FORGED: Final = 15
GARBAGE_A_SECOND: Final = 200
ONE: Final = "application/cloudevents+json"
_FIRST: Final = 1_000_000  # nobody of the stranger's reports has such a number
_LOOK_S: Final = 0.05
# What RabbitMQ and Doorstep itself write, as an outsider may write it.
_FORGED_HEADERS: Final[tuple[Mapping[str, Any], ...]] = (
    {"x-delivery-count": 99, "doorstep-attempts": 99, "doorstep-routing-key": "arrival.reported.bench"},
    {"x-death": ["a"], "x-first-death-queue": "registration.receive_report"},
)
_GARBAGE: Final = (
    b"no event",
    b"\xff\xfe\x00",
    b"{" * 5000,
    b'{"specversion": "1.0"}',
    b'"' + b"x" * 20_000 + b'"',
)

Message = tuple[bytes, Mapping[str, Any]]
"""A body and its headers."""


@dataclass(frozen=True, slots=True)
class Flood:
    """
    :param messages: of a turn, by its number.
    :param rate: messages a second; None: as fast as it goes, and the next turn when these are handled.
    """

    title: str
    messages: Callable[[int], Iterator[Message]]
    rate: float | None = None


def of_one_person(turn: int) -> Iterator[Message]:
    """Who comes to another door each time."""
    who = _report(turn, 0)["data"]["person"]
    for number in range(REPORTS):
        report = _report(turn, number)
        report["data"]["person"] = who
        yield orjson.dumps(report), {}


def with_forged_headers(turn: int) -> Iterator[Message]:
    """Sound reports of as many people; every 200th carries headers that are not its publisher's to write."""
    for number in range(REPORTS):
        forged, rest = divmod(number, REPORTS // FORGED)
        headers = {} if rest else _FORGED_HEADERS[forged % len(_FORGED_HEADERS)]
        yield orjson.dumps(_report(turn, number)), headers


def garbage(turn: int) -> Iterator[Message]:
    """Five seconds of it."""
    for number in range(5 * GARBAGE_A_SECOND):
        yield _GARBAGE[number % len(_GARBAGE)], {}


FLOODS: Final[Mapping[str, Flood]] = {
    "one-person": Flood(f"{REPORTS:,} reports of one person", of_one_person),
    "forged-headers": Flood(f"{FORGED} forged headers among {REPORTS:,} reports", with_forged_headers),
    "garbage": Flood(f"{GARBAGE_A_SECOND} garbage messages a second", garbage, rate=GARBAGE_A_SECOND),
}


def _report(turn: int, number: int) -> dict[str, Any]:
    found = event(_FIRST + turn * REPORTS + number, "flood")
    return {**found, "source": f"/{FLOODER}/arrivals"}


def wait_until_handled(uri: str, queues: Sequence[str], still: Path) -> None:
    """Until no message waits in these queues, or the file is gone."""
    from kombu import Connection

    with Connection(uri) as connection:
        channel = connection.default_channel
        while still.exists() and any(channel.queue_declare(q, passive=True).message_count for q in queues):
            time.sleep(_LOOK_S)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uri", required=True, help="the flooder's")
    parser.add_argument("--way", choices=FLOODS, required=True)
    parser.add_argument("--first-turn", type=int, required=True, help="no turn is ever sent twice")
    parser.add_argument("--while", dest="still", type=Path, required=True, help="flood while this is there")
    parser.add_argument("--look-uri", required=True, help="of a user who may look at queues")
    parser.add_argument("--queues", nargs="+", required=True, help="through which all of it goes")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    flood = FLOODS[options.way]
    sent, turn = 0, options.first_turn
    while options.still.exists():
        messages = list(flood.messages(turn))
        confirmed, _, _ = publish_amqp(
            options.uri,
            "doorstep.inbound",
            KEY,
            [body for body, _ in messages],
            flood.rate,
            headers=[headers for _, headers in messages],
            content_type=ONE,
        )
        sent, turn = sent + confirmed, turn + 1
        if not flood.rate:
            wait_until_handled(options.look_uri, options.queues, options.still)
    used = os.times()
    said = {"sent": sent, "turns": turn - options.first_turn, "cpu_seconds": used.user + used.system}
    options.out.write_text(json.dumps(said))


if __name__ == "__main__":
    main()

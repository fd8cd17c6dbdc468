"""Arrivals at a steady rate until SIGTERM, in a process of its own.

    python -m benchmarks.timers.intake --uri URI --rate 1000 --first 5000000 --out sent.json

What fell due in a quarter of a second is published at once, packed as the client library packs lists: this is
how publishers send most of a day.
"""

from __future__ import annotations

import argparse
import json
import signal
import time
from pathlib import Path
from threading import Event
from uuid import uuid4

from benchmarks.arrivals import PUBLISHER, event
from doorstep_client import Publisher

EVERY_S = 0.25


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uri", required=True)
    parser.add_argument("--rate", type=float, required=True, help="arrivals a second")
    parser.add_argument("--first", type=int, required=True, help="number of the first person")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()

    stopping = Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    run, sent, confirmed = uuid4().hex[:8], 0, 0
    with Publisher(options.uri, PUBLISHER) as client:
        began = time.monotonic()
        while not stopping.wait(EVERY_S):
            due = int((time.monotonic() - began) * options.rate)
            numbers = range(options.first + sent, options.first + due)
            confirmed += sum(
                outcome.accepted for outcome in client.publish_many(event(n, run) for n in numbers)
            )
            sent = due
    options.out.write_text(json.dumps({"sent": sent, "confirmed": confirmed}))


if __name__ == "__main__":
    main()

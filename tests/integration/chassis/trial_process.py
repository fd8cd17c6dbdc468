"""The trial service as a process that dies on one kind of event: for tests of what that does to the others.

`python -m tests.integration.chassis.trial_process BROKER_URL DATABASE_URL`, with a line for
each batch on stdout.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from tests.integration.chassis.trial_service import Trial, write_down

DIED = 66


def write_down_or_die(uow: UnitOfWork, events: Sequence[Event]) -> None:
    print(len(events), flush=True)
    if any(event.data["name"] == "deadly" for event in events):
        os._exit(DIED)
    write_down(uow, events)


def main() -> None:
    # Long enough for all that waits to come into one batch, also on a busy machine.
    trial = Trial(sys.argv[1], sys.argv[2], use_case=write_down_or_die, wait_ms=2000)
    consumer = trial.start()
    signal.signal(signal.SIGTERM, lambda *_: consumer.stop())
    for _, thread in trial.consumers:
        thread.join()


if __name__ == "__main__":
    main()

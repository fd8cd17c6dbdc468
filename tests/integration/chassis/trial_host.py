"""The trial service as its host runs it: one process, patched by eventlet, with a loop beside the consumer.

`python -m tests.integration.chassis.trial_host BROKER_URL DATABASE_URL` runs until SIGTERM. Each turn of
the loop says on stdout how many events are handled by then.
"""

from __future__ import annotations

from chassis.running import process  # patches: first of all

# ruff: isort: split
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from eventlet.patcher import original

from chassis.database.statements import insert_rows
from chassis.handlers import Loop
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from tests.integration.chassis.trial_service import Trial, handled

BUSY_S = 0.02


def busy(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Tells nobody anything, and lets nobody else run meanwhile, as a database driver in C does."""
    original("time").sleep(BUSY_S)
    insert_rows(uow.conn, handled, [{"n": event.version, "place": event.subject} for event in events])


def main() -> None:
    trial = Trial(sys.argv[1], sys.argv[2], use_case=busy, batch=10)

    def report() -> int:
        print(f"handled {len(trial.numbers())}", flush=True)
        return 0

    loop = Loop("report", timedelta(seconds=0.1), lambda _work, _several: report)
    process._lacking = lambda *_: ""  # it has tables, and no migrations
    process.serve(replace(trial.service, loops=(loop,)), trial.settings)


if __name__ == "__main__":
    main()

"""The trial service as its host runs it: one process, patched by eventlet, with a chore beside the consumer.

`python -m tests.integration.chassis.trial_host BROKER_URL DATABASE_URL` runs until SIGTERM. Each turn of
the chore says on stdout how many events are handled by then.
"""

from __future__ import annotations

from chassis.running import process  # patches: first of all

# ruff: isort: split
import sys
from collections.abc import Sequence

from eventlet.patcher import original

from chassis.database.statements import insert_rows
from chassis.running.housekeeping import Chore
from chassis.settings import Settings
from chassis.unit_of_work import UnitOfWork, Work
from contracts.envelope import Event
from tests.integration.chassis.trial_service import Trial, handled

BUSY_S = 0.02


def busy(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Tells nobody anything, and lets nobody else run meanwhile, as a database driver in C does."""
    original("time").sleep(BUSY_S)
    insert_rows(uow.conn, handled, [{"n": event.version, "place": event.subject} for event in events])


def main() -> None:
    trial = Trial(sys.argv[1], sys.argv[2], use_case=busy, batch=10)

    def tell(_work: Work, _settings: Settings) -> list[Chore]:
        def numbers() -> int:
            print(f"handled {len(trial.numbers())}", flush=True)
            return 0

        return [Chore("tell", 0.1, numbers)]

    process._lacking = lambda *_: ""  # it has tables, and no migrations
    process._serve(trial.service, trial.settings, tell)


if __name__ == "__main__":
    main()

"""The demo's days on SQLite, in which nothing dies: played by a process of their own, beside the storm.

with calm_days(folder, arrivals=60, days=3) as calm:
    ...                  # the same days, stormy
    calm.played()        # what became of everybody
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen, TimeoutExpired
from typing import Any

from demo.days.operators import Operators
from demo.follow_day import alone
from tests.chaos.faults.days import Played, new_system, played, settings
from tests.processes import start
from tests.system import ROOT, STOP_S


@dataclass(frozen=True)
class Calm:
    process: Popen[Any]
    folder: Path

    def played(self) -> Played:
        """Waits for it."""
        assert self.process.wait() == 0, (self.folder / "said").read_text()[-3000:]
        found: Played = pickle.loads((self.folder / "played").read_bytes())
        return found


@contextmanager
def calm_days(folder: Path, arrivals: int, days: int) -> Iterator[Calm]:
    folder.mkdir()
    command = [sys.executable, "-m", "tests.chaos.faults.calm_days", folder, str(arrivals), str(days)]
    with (folder / "said").open("wb") as said:
        process = start(command, cwd=ROOT, stdout=said, stderr=said, start_new_session=True)
    try:
        yield Calm(process, folder)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_S)
        except TimeoutExpired:
            process.kill()
            process.wait()
            new_system(folder / "system").stop()  # its services and its broker run on


def _play(folder: Path, arrivals: int, days: int) -> None:
    alone(folder / "system")
    os.environ.update(settings(folder / "system"))
    found = played(
        Operators(new_system(folder / "system"), lambda text: print(text, flush=True)), arrivals, days
    )
    (folder / "played").write_bytes(pickle.dumps(found))


if __name__ == "__main__":
    _play(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))

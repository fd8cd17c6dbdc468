"""The child processes of the local system, each started again when it dies, and how they are."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import requests

from deploy.local import processes
from deploy.local.ports import accepts

# Restarts wait 1, 2, 4 … 30 s; a part that has run for a minute starts at 1 again.
FIRST_WAIT_S, LONGEST_WAIT_S, WELL_AFTER_S = 1.0, 30.0, 60.0


@dataclass(frozen=True)
class Health:
    """One line of `doorstep status`."""

    name: str
    running: bool
    ready: bool
    port: int | None
    pid: int | None
    restarts: int
    waiting: str


@dataclass
class Part:
    """A child process that is started again when it dies."""

    name: str
    command: list[str]
    port: int
    pidfile: Path
    log: Path
    restarts: int = 0
    child: int = 0
    started: float = 0.0
    next_wait: float = FIRST_WAIT_S
    due: float | None = None

    def start(self, environment: dict[str, str]) -> None:
        self.child = processes.spawn(self.command, pidfile=self.pidfile, log=self.log, env=environment)
        self.started, self.due = time.monotonic(), None

    @property
    def pid(self) -> int | None:
        return processes.running(self.pidfile)

    def ready(self) -> tuple[bool, str]:
        """(ready, what it waits for)."""
        if self.pid is None:
            return False, "not running"
        if self.name == "sms":
            return accepts(self.port), ""
        return readyz(self.port)

    def health(self, restarts: int) -> Health:
        ready, waiting = self.ready()
        running = self.pid is not None
        port = self.port if running else None
        return Health(self.name, running, ready, port, self.pid, restarts, waiting)


def readyz(port: int) -> tuple[bool, str]:
    session = requests.Session()
    session.trust_env = False  # no proxy between us and ourselves
    try:
        answer = session.get(f"http://127.0.0.1:{port}/readyz", timeout=3)
        waiting = answer.json().get("waiting", {})
    except (requests.RequestException, ValueError):
        return False, "no answer"
    return answer.status_code == 200, "; ".join(f"{name}: {why}" for name, why in waiting.items())

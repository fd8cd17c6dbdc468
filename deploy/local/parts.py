"""The child processes of the local system, each started again when it dies, and how they are."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

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
    degraded: str = ""
    """What a part that is ready fails to do."""


class Answer(NamedTuple):
    """Of a part that was asked how it is; `waiting` and `degraded` as in `Health`."""

    ready: bool
    waiting: str
    degraded: str = ""


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

    def ready(self) -> Answer:
        if self.pid is None:
            return Answer(False, "not running")
        if self.name == "sms":
            return Answer(accepts(self.port), "")
        return readyz(self.port)

    def health(self, restarts: int) -> Health:
        said = self.ready()
        running = self.pid is not None
        port = self.port if running else None
        return Health(self.name, running, said.ready, port, self.pid, restarts, said.waiting, said.degraded)


def readyz(port: int) -> Answer:
    session = requests.Session()
    session.trust_env = False  # no proxy between us and ourselves
    try:
        answer = session.get(f"http://127.0.0.1:{port}/readyz", timeout=3)
        said = answer.json()
    except (requests.RequestException, ValueError):
        return Answer(False, "no answer")
    waiting, degraded = (_listed(said.get(name) or {}) for name in ("waiting", "degraded"))
    return Answer(answer.status_code == 200, waiting, degraded)


def _listed(reasons: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {why}" for name, why in reasons.items())

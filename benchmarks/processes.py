"""Child processes of a run: started with their log in the run's directory, measured, and always ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import psutil

STOP_SECONDS = 20.0
LIGHT = 6  # as `nice` counts: 1.25^-6 of the usual weight
ROOT = Path(__file__).resolve().parent.parent


class Died(Exception):
    """A process of a pipeline ended by itself; the text ends with the tail of its log."""


class Processes:
    """Named child processes. Each is the leader of its own session, so that Ctrl-C reaches only the bench."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Processes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> int:
        env = {**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})}
        env["PYTHONPATH"] = os.pathsep.join(
            filter(None, (str(ROOT), str(ROOT / "clients"), env.get("PYTHONPATH")))
        )
        with self._log(name).open("ab") as log:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=env,
                cwd=ROOT,
                start_new_session=True,
            )
        self._running[name] = child
        return child.pid

    def pids(self) -> dict[str, int]:
        return {name: child.pid for name, child in self._running.items()}

    def ended(self, name: str) -> int | None:
        """The exit code once a process has ended, else None."""
        return self._running[name].poll()

    def wait(self, name: str, seconds: float) -> None:
        """Wait for one that is to end by itself; anything but exit code 0 is an error."""
        try:
            code = self._running[name].wait(seconds)
        except subprocess.TimeoutExpired:
            raise Died(f"{name} did not end within {seconds:.0f} s\n{self.tail(name)}") from None
        if code != 0:
            raise Died(f"{name} ended with code {code}\n{self.tail(name)}")
        del self._running[name]

    def check(self) -> None:
        for name, child in self._running.items():
            if child.poll() not in (None, 0):
                raise Died(f"{name} ended with code {child.returncode}\n{self.tail(name)}")

    def tail(self, name: str, lines: int = 15) -> str:
        log = self._log(name)
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""

    def stop(self) -> None:
        """SIGTERM to all, then SIGKILL to what is left of their process groups."""
        for child in self._running.values():
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in self._running.values():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        self._running.clear()

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"


def cpu_seconds(pid: int) -> float:
    """CPU time of a process and all below it, those it has already waited for included."""
    try:
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    total = 0.0
    for process in family:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def machine_cpu_seconds() -> float:
    """CPU time of everything on the machine, waiting and idling aside."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system + times.irq + times.softirq)


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def light(command: Sequence[str]) -> list[str]:
    """The same with a quarter of the weight of others where processors are short.

    Linux may weigh sessions before processes (autogroup): then `nice` alone changes nothing, since every
    process here leads a session of its own.
    """
    weighed = f'(echo {LIGHT} > /proc/self/autogroup) 2>/dev/null; exec nice -n {LIGHT} "$@"'
    return ["sh", "-c", weighed, "light", *command]

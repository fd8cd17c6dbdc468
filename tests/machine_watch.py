"""What the machine did while tests ran, said at the end: where tests failed, was it slow or the product?

A test that waited in vain for a broker says nothing of a disk that took a minute for a write.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from datetime import UTC, datetime

import psutil
import pytest

LOOK_EVERY_S = 2.0
MB = 1 << 20


class MachineWatch:
    """Longest pause of a thread that only sleeps, longest write to the disk, least free memory."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._longest = {"pause": (0.0, ""), "write": (0.0, "")}
        self._least_memory = psutil.virtual_memory().available

    def pytest_sessionstart(self) -> None:
        self._thread.start()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        self._over.set()
        self._thread.join(10)
        said = [f"longest {what} {seconds:.1f} s{when}" for what, (seconds, when) in self._longest.items()]
        memory = f"at least {self._least_memory // MB} MB of memory free"
        terminalreporter.write_line(f"machine: {', '.join(said)}, {memory}")

    def _look(self) -> None:
        with tempfile.TemporaryFile() as file:
            while True:
                began = time.monotonic()
                if self._over.wait(LOOK_EVERY_S):
                    return
                self._note("pause", time.monotonic() - began - LOOK_EVERY_S)
                began = time.monotonic()
                os.pwrite(file.fileno(), os.urandom(4096), 0)
                os.fsync(file.fileno())
                self._note("write", time.monotonic() - began)
                self._least_memory = min(self._least_memory, psutil.virtual_memory().available)

    def _note(self, what: str, seconds: float) -> None:
        if seconds > self._longest[what][0]:
            self._longest[what] = (seconds, f" at {datetime.now(UTC):%H:%M:%S}")

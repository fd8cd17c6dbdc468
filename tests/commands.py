"""`doorstep` commands for tests, each a process of its own with its own settings, output and exit code.

Starting Python and importing takes most of a second of CPU, a command itself some tenths, and the tests run
hundreds. So one process imports everything once and forks for each command: `python -m tests.commands`.
That a command starts from nothing is what the tests of the start itself try.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.processes import Answer

ROOT = Path(__file__).resolve().parents[1]
READY_S = 120


@dataclass
class Commands:
    """The process that forks, started at the first command and ended with the tests."""

    _process: subprocess.Popen[bytes] | None = None
    _directory: tempfile.TemporaryDirectory[str] = field(
        default_factory=lambda: tempfile.TemporaryDirectory(prefix="doorstep-commands-")
    )

    def run(self, args: Sequence[str], *, env: Mapping[str, str], timeout: float) -> Answer:
        """Raises subprocess.TimeoutExpired after it has ended the command."""
        with (
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
            socket.socket(socket.AF_UNIX) as line,
        ):
            self._start()
            line.connect(self._address)
            line.settimeout(timeout)
            request = json.dumps({"args": list(args), "env": dict(env)}).encode()
            socket.send_fds(line, [len(request).to_bytes(8, "big")], [out.fileno(), err.fileno()])
            line.sendall(request)
            pid = _read_number(line)
            try:
                code = _read_number(line)
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired(["doorstep", *args], timeout) from None
            return Answer(code, *(_text(file) for file in (out, err)))

    @property
    def _address(self) -> str:
        return f"{self._directory.name}/socket"

    def _start(self) -> None:
        if self._process is None:
            command = [sys.executable, "-m", "tests.commands", self._address]
            self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE)
            atexit.register(self._process.kill)
            until = time.monotonic() + READY_S
            while not Path(self._address).exists():
                assert self._process.poll() is None and time.monotonic() < until, "no process for commands"
                time.sleep(0.02)


COMMANDS = Commands()


def _text(file: Any) -> str:
    file.seek(0)
    return str(file.read().decode())


def _read_number(line: socket.socket) -> int:
    return int.from_bytes(_read(line, 8), "big", signed=True)


def _read(line: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = line.recv(size - len(found))
        if not part:
            raise ConnectionError("the process for commands has gone")
        found += part
    return found


# -- the process that forks ------------------------------------------------------------------------------


def serve(address: str) -> list[str] | None:
    """Returns in each forked process, with the arguments of its command; None: the tests are over."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(f"{address}.new")
    listening.listen(16)
    os.rename(f"{address}.new", address)  # whoever sees it can connect
    while True:
        readable, _, _ = select.select([listening, sys.stdin], [], [])
        _bury_children()
        if sys.stdin in readable:  # closed by the tests' end, whatever ended them
            return None
        line, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            return _run(line)
        line.close()


def _run(line: socket.socket) -> list[str]:
    """Forks once more: this process waits for the command and says how it ended. Returns in the command's."""
    size, (out, err), _, _ = socket.recv_fds(line, 8, 2)
    request = json.loads(_read(line, int.from_bytes(size, "big")))
    if pid := os.fork():
        line.sendall(pid.to_bytes(8, "big", signed=True))
        _, status = os.waitpid(pid, 0)
        with suppress(BrokenPipeError):  # nobody waits for it any more
            line.sendall(os.waitstatus_to_exitcode(status).to_bytes(8, "big", signed=True))
        os._exit(0)
    line.close()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    arguments: list[str] = request["args"]
    return arguments


def _bury_children() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def import_everything() -> None:
    import cli
    import operations
    from operations.services import SERVICES

    for package in (cli, operations):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    for service in SERVICES:
        for module_name in ("service", "door", "handover"):
            import_module(f"services.{service}.{module_name}")


if __name__ == "__main__":
    import_everything()
    gc.collect()
    gc.freeze()  # what is shared with the forked processes stays shared
    arguments = serve(sys.argv[1])
    if arguments is not None:
        from cli.main import app

        sys.argv = ["doorstep", *arguments]
        app(prog_name="doorstep")

"""Processes of which tests start hundreds, forked from one that has imported everything.

Starting Python and importing takes most of a second of CPU, what is started often less. That a command and a
service start from nothing is what the tests of the start itself try.

The process that forks is a module's `python -m MODULE … ADDRESS`, which imports, calls `serve(ADDRESS)` and
does its work where that returns arguments. Where eventlet has patched sockets, waiting and forking, `serve`
goes around it: this module is imported first, and a hub must not be there before the fork.
"""

from __future__ import annotations

import _socket
import atexit
import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from os import fork, waitpid
from pathlib import Path
from select import select
from socket import AF_UNIX, CMSG_SPACE, SCM_RIGHTS, SOL_SOCKET, send_fds, socket
from typing import Any

from tests import processes

ROOT = Path(__file__).resolve().parents[1]
READY_S = 120
LOOKS_EVERY_S = 0.05
_NUMBER = 8  # bytes


@dataclass
class Forked:
    """As subprocess.Popen, as far as tests use one."""

    args: list[str]
    pid: int
    line: socket
    returncode: int | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def poll(self) -> int | None:
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Raises subprocess.TimeoutExpired."""
        until = None if timeout is None else time.monotonic() + timeout
        while (code := self._ended(LOOKS_EVERY_S)) is None:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _ended(self, seconds: float) -> int | None:
        with self.lock:
            if self.returncode is None and select([self.line], [], [], seconds)[0]:
                self.returncode = _number(_read(self.line, _NUMBER))
                self.line.close()
            return self.returncode


@dataclass
class Forker:
    """The process that forks: started when it is needed first, and ended with the tests.

    :param module: with its arguments but the last.
    """

    module: tuple[str, ...]
    _process: subprocess.Popen[bytes] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _directory: tempfile.TemporaryDirectory[str] = field(
        default_factory=lambda: tempfile.TemporaryDirectory(prefix="doorstep-forker-")
    )

    def fork(self, args: Sequence[str], *, env: Mapping[str, str], out: int, err: int) -> Forked:
        """A process in a session of its own with these arguments, settings and files for its output."""
        self._start()
        line = socket(AF_UNIX)
        try:
            line.settimeout(READY_S)
            line.connect(self._address)
            request = json.dumps({"args": list(args), "env": dict(env)}).encode()
            send_fds(line, [len(request).to_bytes(_NUMBER, "big")], [out, err])
            line.sendall(request)
            return Forked([*self.module, *args], _number(_read(line, _NUMBER)), line)
        except BaseException:
            line.close()
            raise

    @property
    def _address(self) -> str:
        return f"{self._directory.name}/socket"

    def _start(self) -> None:
        with self._lock:
            if self._process is None:
                command = [sys.executable, "-m", *self.module, self._address]
                self._process = processes.start(
                    command, cwd=ROOT, stdin=subprocess.PIPE, start_new_session=True
                )
                atexit.register(self._process.kill)
                until = time.monotonic() + READY_S
                while not Path(self._address).exists():
                    assert self._process.poll() is None and time.monotonic() < until, f"no {self.module}"
                    time.sleep(0.02)


def _number(read: bytes) -> int:
    return int.from_bytes(read, "big", signed=True)


def _read(line: Any, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = line.recv(size - len(found))
        if not part:
            raise ConnectionError("the process that forks has gone")
        found += part
    return found


# -- in the process that forks ---------------------------------------------------------------------------


def serve(address: str) -> list[str] | None:
    """Returns in each forked process, with its arguments; None: the tests are over."""
    gc.collect()
    gc.freeze()  # what is shared with the forked processes stays shared
    listening = _socket.socket(AF_UNIX)
    listening.bind(f"{address}.new")
    listening.listen(16)
    os.rename(f"{address}.new", address)  # whoever sees it can connect
    while True:
        readable, _, _ = select([listening, sys.stdin], [], [])
        _bury_children()
        if sys.stdin in readable:  # closed by the tests' end, whatever ended them
            return None
        asked, _ = listening._accept()
        line = _socket.socket(fileno=asked)
        if fork() == 0:
            listening.close()
            return _become(line)
        line.close()


def _become(line: Any) -> list[str]:
    """Forks once more: this process waits for the other and says how it ended. Returns in the other."""
    size, rights, _, _ = line.recvmsg(_NUMBER, CMSG_SPACE(2 * 4))
    [(level, kind, descriptors)] = rights
    assert (level, kind) == (SOL_SOCKET, SCM_RIGHTS)
    out, err = (int.from_bytes(descriptors[at : at + 4], sys.byteorder) for at in (0, 4))
    request = json.loads(_read(line, _number(size)))
    if pid := fork():
        line.sendall(pid.to_bytes(_NUMBER, "big", signed=True))
        os.close(out)
        os.close(err)
        _, status = waitpid(pid, 0)
        with suppress(BrokenPipeError):  # nobody waits for it any more
            line.sendall(os.waitstatus_to_exitcode(status).to_bytes(_NUMBER, "big", signed=True))
        os._exit(0)
    line.close()
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.close(out)
    os.close(err)
    kept = {name: value for name, value in os.environ.items() if name.startswith("EVENTLET_")}
    os.environ.clear()
    os.environ.update(request["env"] | kept)
    time.tzset()
    arguments: list[str] = request["args"]
    return arguments


def _bury_children() -> None:
    try:
        while waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass

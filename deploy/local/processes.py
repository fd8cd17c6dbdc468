"""Processes that may outlive the command that started them.

A pid file holds pid and start time, so that a later command ends exactly that process and never another
one that got the same pid.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

HELPERS_GRACE_S = 5.0


class LocalNodeError(Exception):
    """A local node does not run as it should. The text is one line, with what to do."""


def spawn(
    args: Sequence[str],
    *,
    pidfile: Path,
    log: Path,
    env: Mapping[str, str] | None = None,
    user: str | None = None,
    cwd: Path | None = None,
) -> int:
    """Start in a session of its own (a Ctrl-C reaches only us), output appended to `log`."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            args,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            start_new_session=True,
        )
    _children[process.pid] = process
    remember(pidfile, process.pid)
    return process.pid


def remember(pidfile: Path, pid: int) -> None:
    pidfile.write_text(f"{pid} {_start_time(pid)}\n")


def running(pidfile: Path) -> int | None:
    """The pid, if the process the file speaks of still runs."""
    try:
        pid, started = pidfile.read_text().split()
    except (FileNotFoundError, ValueError):
        return None
    now = _start_time(int(pid))
    # After the look, so that all that has ended is reaped: PostgreSQL takes an unreaped server for alive.
    if child := _children.get(int(pid)):
        child.poll()
    return int(pid) if now == started else None


def end(pidfile: Path, *, first: signal.Signals = signal.SIGTERM, grace: float = 15.0) -> None:
    """Ask with `first`, wait, then kill what is left. Returns when the process and its helpers are gone."""
    if (pid := running(pidfile)) is not None:
        _send(pid, first)
        if not wait_until(lambda: running(pidfile) is None, grace):
            kill(pidfile)
        _end_helpers(pid, HELPERS_GRACE_S)
    pidfile.unlink(missing_ok=True)


def kill(pidfile: Path) -> None:
    """SIGKILL to the process and its group: what a power cut does."""
    if (pid := running(pidfile)) is not None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        if not wait_until(lambda: running(pidfile) is None, 10):
            raise LocalNodeError(f"process {pid} does not end, even after SIGKILL")
        _end_helpers(pid, 0)
    pidfile.unlink(missing_ok=True)


def outcome(pid: int) -> str:
    """How a child of ours ended."""
    code = child.poll() if (child := _children.get(pid)) else None
    if code is None:
        return "unknown"
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def alive(pid: int) -> bool:
    return _start_time(pid) is not None


def wait_until(true: Callable[[], object], seconds: float, *, every: float = 0.05) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def last_line(log: Path) -> str:
    lines = (
        [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        if log.exists()
        else []
    )
    return lines[-1].strip() if lines else "it said nothing"


_children: dict[int, subprocess.Popen[bytes]] = {}


def _end_helpers(leader: int, grace: float) -> None:
    """Processes that `spawn` never saw: Erlang's helpers lead groups of their own, but stay in its session,
    and end some moments after it."""
    if not wait_until(lambda: not _in_session(leader), grace):
        for pid in _in_session(leader):
            _send(pid, signal.SIGKILL)
        wait_until(lambda: not _in_session(leader), 10)


def _in_session(leader: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        fields = _fields(stat)
        if fields and fields[0] not in "ZX" and fields[3] == str(leader):
            found.append(int(stat.parent.name))
    return found


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _start_time(pid: int) -> str | None:
    """In clock ticks since boot; None when the process is gone or only waits to be reaped."""
    fields = _fields(Path(f"/proc/{pid}/stat"))
    return None if not fields or fields[0] in "ZX" else fields[19]


def _fields(stat: Path) -> list[str]:
    """From the state on (man 5 proc); none of a process that is gone."""
    try:
        return stat.read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []

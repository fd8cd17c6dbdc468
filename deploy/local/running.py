"""Running the local system: in this process until somebody asks to stop, or detached."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from types import FrameType

from deploy.local import processes
from deploy.local.parts import Health
from deploy.local.processes import LocalNodeError
from deploy.local.system import LocalSystem, Say, Stopped

DETACHED_START_S = 180
DOWN_GRACE_S = 30.0
WATCH_EVERY_S = 0.5
STOPPED = "everything is stopped"


def pidfile_of(folder: Path) -> Path:
    return folder / "doorstep.pid"


def run_until_stopped(folder: Path, say: Say) -> None:
    """Start, and watch until `asked_to_stop`. Raises LocalNodeError."""
    pidfile = pidfile_of(folder)
    processes.remember(pidfile, os.getpid())
    try:
        _run(folder, say)
    finally:
        pidfile.unlink(missing_ok=True)


def _run(folder: Path, say: Say) -> None:
    stop = asked_to_stop()
    system = LocalSystem(folder, stopped=stop.is_set)
    ready = _ready_file(folder)
    try:
        system.stop()  # what a killed `up` left behind
        system.start(say)
        ready.touch()
        say("ready: Ctrl-C ends it, `doorstep status` in another terminal shows it")
        watch(system, stop, say)
    except Stopped:
        pass
    finally:
        ready.unlink(missing_ok=True)
        system.stop(say)
        say(STOPPED)


def start_detached(folder: Path, command: list[str], say: Say) -> None:
    """Returns when all is ready. Raises LocalNodeError with why it is not.

    :param command: runs the system in the foreground.
    """
    log, pidfile, ready = folder / "doorstep.log", pidfile_of(folder), _ready_file(folder)
    ready.unlink(missing_ok=True)
    processes.spawn(command, pidfile=pidfile, log=log, env=dict(os.environ))
    began_at = log.stat().st_size
    say("starting (this takes some seconds)")
    deadline = time.monotonic() + DETACHED_START_S
    while not ready.exists():
        if processes.running(pidfile) is None:
            raise LocalNodeError(_failure(log, began_at))
        if time.monotonic() > deadline:
            processes.end(pidfile, grace=DOWN_GRACE_S)
            raise LocalNodeError(f"not ready after {DETACHED_START_S} s: see {log}")
        time.sleep(0.2)
    say("ready: `doorstep status` shows it, `doorstep down` ends it")


def stop_all(folder: Path, say: Say) -> bool:
    """End what `doorstep up` started in this folder, and nothing else. False: nothing was running."""
    pidfile = pidfile_of(folder)
    was_up = processes.running(pidfile) is not None
    processes.end(pidfile, grace=DOWN_GRACE_S)
    system = LocalSystem(folder)
    left = any(part.running for part in system.health() if part.name != "broker") or (
        system.broker is not None and system.broker.running
    )
    system.stop(say)  # what a killed `up` left behind
    return was_up or left


def state(folder: Path) -> tuple[int | None, list[Health]]:
    """The pid of `doorstep up`, None where it does not run; and each part."""
    return processes.running(pidfile_of(folder)), LocalSystem(folder).health()


def watch(system: LocalSystem, stop: threading.Event, say: Say) -> None:
    """Starts again whatever dies, until somebody asks to stop."""
    while not stop.wait(WATCH_EVERY_S):
        system.watch(say)


def asked_to_stop() -> threading.Event:
    """Set by SIGTERM and SIGINT from now on, and by SIGHUP unless it is ignored, as under nohup."""
    stop = threading.Event()

    def asked(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, asked)
    return stop


def _ready_file(folder: Path) -> Path:
    return folder / "run" / "ready"


def _failure(log: Path, began_at: int) -> str:
    """The line in which the foreground command said why it ended."""
    lines = log.read_text()[began_at:].splitlines()
    said = [line.removeprefix("doorstep: ") for line in lines if line.startswith("doorstep: ")]
    return said[-1] if said else f"it ended while starting: see {log}"

"""`doorstep up`, `down` and `status`: the whole system on this machine."""

import json
import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import Annotated

import typer

from operations.settings import var

DETACHED_START_S = 180
DOWN_GRACE_S = 30.0
WATCH_EVERY_S = 0.5
EXIT_NOT_READY = 1
EXIT_NOT_RUNNING = 3

AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


def register(app: typer.Typer) -> None:
    app.command()(up)
    app.command()(down)
    app.command()(status)


def up(
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Return when it is ready; `doorstep down` ends it.")
    ] = False,
) -> None:
    """Start a private broker, the services and an SMS simulator, and keep them running.

    All they write is below var/ (or DOORSTEP_VAR). Nothing is started for what is set outside:
    DOORSTEP_BROKER_URL, DOORSTEP_SMS_URL. Databases are SQLite files unless
    DOORSTEP_<SERVICE>_DATABASE_URL says otherwise. Ctrl-C or SIGTERM ends everything within 25 seconds.
    """
    from deploy.local import processes

    directory = var()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    pidfile = directory / "doorstep.pid"
    pid = processes.running(pidfile)
    if pid is not None and pid != os.getpid():
        raise processes.LocalNodeError(
            f"already up (pid {pid}): see `doorstep status`, end it with `doorstep down`"
        )
    if detach:
        _start_detached()
    else:
        processes.remember(pidfile, os.getpid())
        try:
            _run_here()
        finally:
            pidfile.unlink(missing_ok=True)


def down() -> None:
    """End what `doorstep up` started here, and nothing else. What it stored stays."""
    from deploy.local import processes
    from deploy.local.system import LocalSystem

    pidfile = var() / "doorstep.pid"
    was_up = processes.running(pidfile) is not None
    processes.end(pidfile, grace=DOWN_GRACE_S)
    system = LocalSystem(var())
    left = any(part.running for part in system.health() if part.name != "broker") or (
        system.broker is not None and system.broker.running
    )
    system.stop(_say)  # what a killed `up` left behind
    _say("everything is stopped" if was_up or left else "nothing was running")


def status(as_json: AsJson = False) -> None:
    """What runs, and whether it is ready. Exit code: 0 all ready, 1 something is not, 3 it is not up."""
    from deploy.local import processes
    from deploy.local.system import LocalSystem
    from deploy.local.system import as_json as plain

    pid = processes.running(var() / "doorstep.pid")
    health = LocalSystem(var()).health()
    ready = pid is not None and all(part.ready for part in health)
    if as_json:
        print(
            json.dumps({"up": pid is not None, "ready": ready, "pid": pid, "parts": plain(health)}, indent=1)
        )
    else:
        from rich.console import Console
        from rich.table import Table

        table = Table("part", "state", "port", "pid", "restarts", "waits for")
        for part in health:
            state = (
                "[green]ready" if part.ready else "[yellow]not ready" if part.running else "[red]not running"
            )
            shown = (str(value) if value else "-" for value in (part.port, part.pid))
            table.add_row(part.name, state, *shown, str(part.restarts), "" if part.ready else part.waiting)
        console = Console()
        console.print(table)
        console.print(f"doorstep up runs as pid {pid}" if pid else "not up: start it with `doorstep up`")
    if not ready:
        raise typer.Exit(EXIT_NOT_READY if pid else EXIT_NOT_RUNNING)


def _run_here() -> None:
    from deploy.local.system import LocalSystem, Stopped

    stop = threading.Event()

    def asked(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, asked)
    system = LocalSystem(var(), stopped=stop.is_set)
    ready = var() / "run" / "ready"
    try:
        system.stop()  # what a killed `up` left behind
        system.start(_say)
        ready.touch()
        _say("ready: Ctrl-C ends it, `doorstep status` in another terminal shows it")
        while not stop.wait(WATCH_EVERY_S):
            system.watch(_say)
    except Stopped:
        pass
    finally:
        ready.unlink(missing_ok=True)
        system.stop(_say)
        _say("everything is stopped")


def _start_detached() -> None:
    from deploy.local import processes

    log, pidfile, ready = var() / "doorstep.log", var() / "doorstep.pid", var() / "run" / "ready"
    ready.unlink(missing_ok=True)
    processes.spawn([sys.executable, "-m", "cli.main", "up"], pidfile=pidfile, log=log, env=dict(os.environ))
    said = log.stat().st_size
    _say("starting (this takes some seconds)")
    deadline = time.monotonic() + DETACHED_START_S
    while not ready.exists():
        if processes.running(pidfile) is None:
            raise processes.LocalNodeError(_failure(log.read_text()[said:]))
        if time.monotonic() > deadline:
            processes.end(pidfile, grace=DOWN_GRACE_S)
            raise processes.LocalNodeError(f"not ready after {DETACHED_START_S} s: see {log}")
        time.sleep(0.2)
    _say("ready: `doorstep status` shows it, `doorstep down` ends it")


def _failure(said: str) -> str:
    lines = [line.removeprefix("doorstep: ") for line in said.splitlines() if line.startswith("doorstep: ")]
    return lines[-1] if lines else f"it ended while starting: see {var() / 'doorstep.log'}"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)

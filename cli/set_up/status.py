"""`doorstep status`: the parts of the local system, and whether they are ready."""

from collections.abc import Sequence
from dataclasses import asdict

import typer
from rich.console import Console
from rich.table import Table

from cli.options import AsJson
from cli.output import print_json
from deploy.local.parts import Health
from deploy.local.running import state
from operations.settings import local_folder

EXIT_NOT_READY = 1
EXIT_NOT_RUNNING = 3


def command(as_json: AsJson = False) -> None:
    """The parts of the local system: are they ready? Exit code: 0 all are, 1 one is not, 3 it is not up.

    A degraded part is ready: it takes what comes, and fails to do something that somebody must look at.
    """
    pid, parts = state(local_folder())
    ready = pid is not None and all(part.ready for part in parts)
    if as_json:
        shown = [asdict(part) for part in parts]
        print_json({"up": pid is not None, "ready": ready, "pid": pid, "parts": shown}, indent=1)
    else:
        _show(pid, parts)
    if not ready:
        raise typer.Exit(EXIT_NOT_READY if pid else EXIT_NOT_RUNNING)


def _state(part: Health) -> str:
    if part.ready:
        return "[yellow]degraded" if part.degraded else "[green]ready"
    return "[yellow]not ready" if part.running else "[red]not running"


def _show(pid: int | None, parts: Sequence[Health]) -> None:
    table = Table("part", "state", "port", "pid", "restarts", "waits for, or fails to do")
    for part in parts:
        numbers = (str(value) if value else "-" for value in (part.port, part.pid))
        why = part.degraded if part.ready else part.waiting
        table.add_row(part.name, _state(part), *numbers, str(part.restarts), why)
    console = Console()
    console.print(table)
    console.print(f"doorstep up runs as pid {pid}" if pid else "not up: start it with `doorstep up`")

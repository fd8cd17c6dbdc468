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
    """The parts of the local system: are they ready? Exit code: 0 all are, 1 one is not, 3 it is not up."""
    pid, parts = state(local_folder())
    ready = pid is not None and all(part.ready for part in parts)
    if as_json:
        shown = [asdict(part) for part in parts]
        print_json({"up": pid is not None, "ready": ready, "pid": pid, "parts": shown}, indent=1)
    else:
        _show(pid, parts)
    if not ready:
        raise typer.Exit(EXIT_NOT_READY if pid else EXIT_NOT_RUNNING)


def _show(pid: int | None, parts: Sequence[Health]) -> None:
    table = Table("part", "state", "port", "pid", "restarts", "waits for")
    for part in parts:
        state = "[green]ready" if part.ready else "[yellow]not ready" if part.running else "[red]not running"
        numbers = (str(value) if value else "-" for value in (part.port, part.pid))
        table.add_row(part.name, state, *numbers, str(part.restarts), "" if part.ready else part.waiting)
    console = Console()
    console.print(table)
    console.print(f"doorstep up runs as pid {pid}" if pid else "not up: start it with `doorstep up`")

"""`doorstep` commands for tests, each a process of its own with its own settings, output and exit code.

They are forked from `python -m tests.commands`: a command takes some tenths of a second of CPU, without what
it imports.
"""

from __future__ import annotations

import atexit
import os
import pkgutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any

from tests.forking import Forker, serve
from tests.processes import Answer

_FORKER = Forker(("tests.commands",))
# What commands import only when they need it: twice as much work as most of them do. One that another version
# of its library does not have is left out.
LATE = (
    "alembic.command",
    "alembic.config",
    "encodings.utf_8_sig",
    "kombu.compression",
    "kombu.transport.pyamqp",
    "rich.status",
    "rich._emoji_codes",
    "typer._adapters",
)


def run(args: Sequence[str], *, env: Mapping[str, str], timeout: float) -> Answer:
    """Raises subprocess.TimeoutExpired after it has ended the command."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        command = _FORKER.fork(args, env=env, out=out.fileno(), err=err.fileno())
        try:
            code = command.wait(timeout)
        except subprocess.TimeoutExpired:
            command.kill()
            raise
        return Answer(code, *(_text(file) for file in (out, err)))


def _text(file: Any) -> str:
    file.seek(0)
    return str(file.read().decode())


def import_everything() -> None:
    import cli
    import operations
    from operations.services import SERVICES

    for package in (cli, operations):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    for service in SERVICES:
        for module_name in ("service", "door", "handover", "tables"):
            import_module(f"services.{service}.{module_name}")
    for name in LATE:
        with suppress(ImportError):
            import_module(name)


def end_at_once(ended: SystemExit) -> None:
    """To take apart what was imported would copy all that is shared with the other commands."""
    if isinstance(ended.code, int | None) and threading.active_count() == 1:
        atexit._run_exitfuncs()
        for file in (sys.stdout, sys.stderr):
            file.flush()
        os._exit(ended.code or 0)


if __name__ == "__main__":
    import_everything()
    arguments = serve(sys.argv[1])
    if arguments is not None:
        from cli.main import app

        sys.argv = ["doorstep", *arguments]
        try:
            app(prog_name="doorstep")
        except SystemExit as ended:
            end_at_once(ended)
            raise

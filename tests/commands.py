"""`doorstep` commands for tests, each a process of its own with its own settings, output and exit code.

They are forked from `python -m tests.commands`: a command takes some tenths of a second of CPU, without what
it imports.
"""

from __future__ import annotations

import pkgutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from tests.forking import Forker, serve
from tests.processes import Answer

_FORKER = Forker(("tests.commands",))


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
        for module_name in ("service", "door", "handover"):
            import_module(f"services.{service}.{module_name}")


if __name__ == "__main__":
    import_everything()
    arguments = serve(sys.argv[1])
    if arguments is not None:
        from cli.main import app

        sys.argv = ["doorstep", *arguments]
        app(prog_name="doorstep")

"""Ctrl-C while the command still loads its libraries ends it without a traceback."""

from __future__ import annotations

import subprocess
import sys

INTERRUPTED = """
import signal, sys
from importlib.abc import MetaPathFinder

class CtrlC(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "typer":
            signal.raise_signal(signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, CtrlC())
from cli.entry import main
main()
"""


def test_a_command_that_is_interrupted_while_it_loads_ends_quietly() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (130, "")

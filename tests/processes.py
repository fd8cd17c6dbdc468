"""Processes that tests start and send signals to."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Ignored signals are passed on to whatever is started: SIGHUP under nohup, SIGINT in the background of a
# shell. `env` gives each signal back its default action and becomes the command, under the same process id.
DEFAULT_SIGNALS = ("env", "--default-signal")


@dataclass(frozen=True)
class Answer:
    """The exit code and output of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def start(command: Sequence[str | Path], **options: Any) -> subprocess.Popen[Any]:
    """As subprocess.Popen; the process reacts to signals as if it were started from a terminal."""
    return subprocess.Popen([*DEFAULT_SIGNALS, *command], **options)

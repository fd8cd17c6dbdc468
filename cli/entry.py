"""The entry point of `doorstep`. It imports nothing of its own before it can be interrupted quietly."""

from __future__ import annotations

import sys

INTERRUPTED = 130
"""As shells say that Ctrl-C ended a program."""


def main() -> None:
    try:
        from cli.main import app

        app()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)

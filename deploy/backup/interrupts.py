"""Signals that end a command as Ctrl-C does: what it has begun is cleared away, and one line is said."""

from __future__ import annotations

import signal


def end_as_by_ctrl_c() -> None:
    """On SIGTERM, and on SIGHUP unless that is ignored, as under nohup."""
    signal.signal(signal.SIGTERM, _interrupt)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _interrupt)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt

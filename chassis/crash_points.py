"""Points where chaos tests kill the process: `DOORSTEP_FAULT=after_commit:37` is SIGKILL at the 37th pass."""

from __future__ import annotations

import os
import signal

POINTS = ("after_commit", "after_publish", "before_ack")

_point, _, _count = os.environ.get("DOORSTEP_FAULT", "").partition(":")
_left = int(_count) if _count.isdecimal() else 0


def reach(point: str) -> None:
    """Does nothing unless a test asked for a crash here."""
    global _left
    if point == _point and _left:
        _left -= 1
        if not _left:
            os.kill(os.getpid(), signal.SIGKILL)

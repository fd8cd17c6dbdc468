"""What one client may ask of a door: how much at once, and how often."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import Final

MAX_BODY: Final = 1 << 20
"""Bytes."""

# A bulk act is the single act up to 500 times; a page asks for a handful of lists.
_BURST: Final = 1000.0
_PER_SECOND: Final = 100.0
_MOST_KNOWN: Final = 20_000


class Allowance:
    """So many requests an author has left: 1,000 at once, and 100 more each second."""

    def __init__(self, burst: float = _BURST, per_second: float = _PER_SECOND) -> None:
        self._burst, self._per_second = burst, per_second
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def has_left(self, author: str) -> bool:
        """Whether `take` would find one now."""
        with self._lock:
            return self._of(author, time.monotonic()) >= 1

    def take(self, author: str) -> bool:
        """Whether there was one left."""
        now = time.monotonic()
        with self._lock:
            left = self._of(author, now)
            taken = left >= 1
            self._left[author] = (left - 1 if taken else left, now)
            self._left.move_to_end(author)
            if len(self._left) > _MOST_KNOWN:
                self._left.popitem(last=False)
        return taken

    def _of(self, author: str, now: float) -> float:
        """Those that are left, with what has come since the last one was taken."""
        left, since = self._left.get(author, (self._burst, now))
        return min(self._burst, left + (now - since) * self._per_second)

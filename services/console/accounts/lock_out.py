"""Tries to log in under one name: after five wrong ones each further try is waited for, longer each time.

Whoever goes on guessing has some thirty tries a day under one name. That does not keep its owner out where
they have logged in before: their browser is counted apart (sessions/known_browser.py). At a new one they wait
as long as somebody guesses, or come in by a new link, which forgets all tries.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

FREE: Final = 5
"""So many wrong ones may follow at once."""
FIRST_WAIT: Final = timedelta(minutes=1)
LONGEST_WAIT: Final = timedelta(hours=1)
FORGOTTEN_AFTER: Final = timedelta(hours=24)
"""So long after the last one they count no more."""


@dataclass(frozen=True, slots=True)
class Tries:
    """Wrong ones since the last right one, and when the last of them was."""

    failures: int
    last_at: datetime


def open_at(tries: Tries | None) -> datetime | None:
    """From when on the next try is judged; None where it is at once."""
    if tries is None or tries.failures < FREE:
        return None
    doublings = min(tries.failures - FREE, 16)
    return tries.last_at + min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def counted(tries: Tries | None, now: datetime) -> Tries | None:
    """With the try that is made now, as if it were wrong: it is counted before it is judged, so that many at
    the same time cannot all be the fifth. None where it is not judged at all.
    """
    at = open_at(tries)
    if at is not None and now < at:
        return None
    if tries is None or now - tries.last_at >= FORGOTTEN_AFTER:
        return Tries(1, now)
    return Tries(tries.failures + 1, now)

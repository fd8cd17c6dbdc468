"""Moments as they are written: every form that RFC 3339 allows, by clocks that differ from ours."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

CLOCK_SKEW: Final = timedelta(minutes=10)
"""Clocks of sources differ from ours by minutes: what lies so far ahead is not said to be in the future."""

_LEAP_SECOND = re.compile(r"(:[0-5]\d):60(?=[.Z+-]|$)")


def read_moment(text: str) -> datetime:
    """Return the moment; naive where the text has no zone. Raises ValueError.

    Clocks that count leap seconds write `:60`: the first moment of the next minute. `t` and `z` may be small.
    """
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        plain = text.upper()
    whole, leaps = _LEAP_SECOND.subn(r"\1:59", plain)
    try:
        return datetime.fromisoformat(whole) + timedelta(seconds=leaps)
    except OverflowError:
        raise ValueError("the last minute of the calendar has no next one") from None

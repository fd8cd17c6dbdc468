"""Moments as they are written: every form that RFC 3339 allows."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

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

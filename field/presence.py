"""When somebody is away or on duty, and how far one asks for their deputies."""

from __future__ import annotations

from datetime import datetime
from typing import Final

MOST_DEPUTIES: Final = 5
"""So many deputies one after another are asked; those who name each other end here."""


def is_within(moment: datetime, begins: datetime | None, ends: datetime | None) -> bool:
    """Whether the moment lies between the two: `begins` belongs to it, `ends` does not.

    :param begins: None: at no time.
    :param ends: None: until further notice.
    """
    return begins is not None and begins <= moment and (ends is None or moment < ends)

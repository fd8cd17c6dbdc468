"""How long the link of a household opens its page, and until when something can be said there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

READABLE: Final = timedelta(days=30)
"""After the household's last case has ended: a certificate is still fetched."""


def readable_until(closed_at: Sequence[datetime | None]) -> datetime | None:
    """Until when the page can be read; None: a case is open, and something can be said there.

    :param closed_at: of each case of the household when it ended; at least one.
    """
    ended = [moment for moment in closed_at if moment is not None]
    return max(ended) + READABLE if len(ended) == len(closed_at) else None

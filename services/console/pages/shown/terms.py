"""By when something will be done, as officers say it: in two hours, at six, tomorrow at eight, a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Final, Literal

Term = Literal["two_hours", "evening", "morning"]

_EVENING: Final = time(18)
_MORNING: Final = time(8)
_LEAST: Final = timedelta(minutes=30)


def terms(now: datetime) -> Mapping[Term, datetime]:
    """The terms to choose from with their moments, in the zone of `now`; none is nearer than half an hour."""
    evening = datetime.combine(now.date(), _EVENING, now.tzinfo)
    found: dict[Term, datetime] = {"two_hours": (now + timedelta(hours=2)).replace(second=0, microsecond=0)}
    if evening - now >= _LEAST:
        found["evening"] = evening
    found["morning"] = datetime.combine(now.date() + timedelta(days=1), _MORNING, now.tzinfo)
    return found


def read_time(text: str, now: datetime) -> datetime | None:
    """What was typed as a day and a time, in the zone of `now`; None where it is none."""
    try:
        at = datetime.fromisoformat(text.strip().replace("T", " ", 1))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=now.tzinfo)

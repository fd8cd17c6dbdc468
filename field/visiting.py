"""Visiting hours: when somebody rings at a door, and when again where nobody opened."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final

FIRST_TRY: Final = time(8)
LAST_TRY: Final = time(20)
"""Nobody rings at a door before the one or after the other, by the clock of the jurisdiction."""
_USUAL: Final = timedelta(hours=3)
"""At the full hour before it: two hours are waited at least."""
_LEAST: Final = timedelta(minutes=15)
"""Between two tries, and before a term; tries are proposed on quarters of an hour."""


def next_try(now: datetime, term: datetime) -> datetime | None:
    """When to ring again: today if it can be, else at the first hour of a day. None: never in time.

    Of what is overdue the term is no bound any more.

    :param now: when nobody opened, with the district's zone; so is what is returned.
    :param term: of the task.
    """
    term = term.astimezone(now.tzinfo)
    usual = (now + _USUAL).replace(minute=0, second=0, microsecond=0)
    last = datetime.combine(now.date(), LAST_TRY, now.tzinfo)
    if term > now:
        last = min(last, term - _LEAST)
    today = _quarter(min(usual, last))
    if today >= now + _LEAST and FIRST_TRY <= today.time() <= LAST_TRY:
        return today
    day = now.date() if now.time() < FIRST_TRY else now.date() + timedelta(days=1)
    morning = datetime.combine(day, FIRST_TRY, now.tzinfo)
    return morning if term <= now or morning <= term - _LEAST else None


def _quarter(moment: datetime) -> datetime:
    """The last full quarter of an hour before it."""
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)

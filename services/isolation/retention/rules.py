"""When a case is stripped. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from field.days import local_day
from services.isolation.cases import states
from services.isolation.cases.case import Case

AT_LEAST: Final = timedelta(days=31)
"""No policy strips earlier: a case is opened again for 14 days, and the household reads its page for 30."""
_IN_WORDS: Final = ("note",)
"""What the history of a case keeps in free text, sealed."""


def strip_on(case: Case, retention_days: int, zone: ZoneInfo) -> date | None:
    """The local day on which the term of a case has passed; None: somebody is followed, or still expected.

    Of one that was called off it begins when they would have come: they may come after all.
    """
    if case.closed_at is None or case.state == states.EXPECTED:
        return None
    ended = max(case.closed_at, case.arrival.arrived_at)
    return local_day(ended, zone) + max(timedelta(days=retention_days), AT_LEAST)


def look_again_on(today: date, terms: Iterable[date | None]) -> date | None:
    """When the cases of a household are looked at again; None: the term of the last of them has passed.

    :param terms: of each of its cases that is not stripped.
    """
    last = today
    for term in terms:
        if term is None:
            return today + timedelta(days=1)
        last = max(last, term)
    return last if last > today else None


def without_words(detail: Mapping[str, Any]) -> dict[str, Any]:
    """A line of a case's history without what somebody said in words."""
    return {name: value for name, value in detail.items() if name not in _IN_WORDS}

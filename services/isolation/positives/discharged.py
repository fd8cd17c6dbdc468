"""Whoever was positive and came home from hospital is followed as one of those, where the policy has a rule
for them; in whatever order it becomes known that they were, or that it was a mistake.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from services.isolation.cases.case import Case
from services.isolation.cases.revising import Change, home_from_hospital
from services.isolation.tests.judged import Result, confirmed_of_stays

_REASON: Final = "discharged"
_NO_MORE: Final = "discharged_taken_back"


def change_by_discharge(case: Case, back_at: datetime, results: Iterable[Result]) -> Change | None:
    """What each stay in hospital says of the case. None: it says so already, or there is nothing to say.

    :param back_at: when they came back from hospital last.
    :param results: all of theirs, of the cases that ended merged in this one, too.
    """
    came_home = came_home_at(case)
    treated = [one for one in results if one.treated]
    found = [one.sampled_at for one in confirmed_of_stays(treated, came_home)]
    # A stay reaches back to when they came home before; the first one as far as anything is known.
    ends = [datetime.min.replace(tzinfo=UTC), *came_home]
    mistaken = {until for since, until in pairwise(ends) if not any(since < at <= until for at in found)}
    late = any(at > ends[-1] for at in found)
    if not mistaken and not late:
        return None
    back = (home_from_hospital(case, back_at),) if late else ()
    return Change(_REASON if late else _NO_MORE, back, from_today=True, never_positive=frozenset(mistaken))


def came_home_at(case: Case) -> list[datetime]:
    """After each stay in hospital that was no mistake."""
    return sorted(one.at for one in case.story if one.discharged)

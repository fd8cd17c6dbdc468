"""Whoever was positive and came home from hospital is followed as one of those, where the policy has a rule
for them; in whatever order it becomes known that they were, or that it was a mistake.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from services.isolation.cases.case import Case
from services.isolation.cases.revising import Change, home_from_hospital
from services.isolation.tests.judged import Result, confirmed

_REASON: Final = "discharged"
_NO_MORE: Final = "discharged_taken_back"


def change_by_discharge(case: Case, back_at: datetime, results: Iterable[Result]) -> Change | None:
    """None: the case says it already, or there is nothing to say.

    :param back_at: when they came back from hospital last.
    :param results: all of theirs, of the cases that ended merged in this one, too.
    """
    was_positive = bool(confirmed(one for one in results if one.treated))
    if was_positive == any(one.discharged for one in case.story):
        return None
    if not was_positive:
        return Change(_NO_MORE, from_today=True, never_positive=True)
    return Change(_REASON, (home_from_hospital(case, back_at),), from_today=True)

"""Whoever was positive and came home from hospital is followed as one of those, where the policy has a rule
for them; in whatever order it becomes known that they were, or that it was a mistake.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import func, select

from chassis.database.statements import is_in
from chassis.unit_of_work import UnitOfWork
from services.isolation.cases.case import Case
from services.isolation.cases.revising import Change
from services.isolation.cases.story import Chapter
from services.isolation.tests.followed import all_results_of
from services.isolation.tests.judged import confirmed
from services.isolation.tests.tables import positives

_REASON: Final = "discharged"
_NO_MORE: Final = "discharged_taken_back"
_P: Final = positives.c


def change_by_discharge(uow: UnitOfWork, case: Case, known_as: Collection[str]) -> Change | None:
    """None: the case says it already, or there is nothing to say.

    :param known_as: this case, and those that ended merged in it.
    """
    back = select(func.max(_P.treated_until)).where(is_in(uow.conn, _P.case_id, known_as))
    back_at = uow.conn.execute(back).scalar_one()
    if back_at is None:
        return None
    results = all_results_of(uow, dict.fromkeys(known_as, case.case_id)).get(case.case_id, ())
    was_positive = bool(confirmed(one for one in results if one.treated))
    if was_positive == any(one.discharged for one in case.story):
        return None
    if not was_positive:
        return Change(_NO_MORE, from_today=True, never_positive=True)
    home = Chapter(None, back_at, (), case.policy_id, discharged=True)
    return Change(_REASON, (home,), from_today=True)

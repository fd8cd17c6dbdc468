"""Whoever is out and not back in time: somebody looks for them at once."""

from __future__ import annotations

from chassis.unit_of_work import UnitOfWork
from services.isolation.cases.casebook import CHUNK
from services.isolation.cases.in_hand import cases_in_hand
from services.isolation.cases.lookup import due_cases
from services.isolation.cases.tables import cases
from services.isolation.permits.outings import OutingsInHand
from services.isolation.permits.tables import outings


def find_late(uow: UnitOfWork) -> int:
    """Plan a task for each who is late, once, and tell whoever must know."""
    due = due_cases(outings, outings.c.check_at, uow.now, cases.c.case_id)
    ids = {row.case_id for row in uow.take(due, cases.c.case_id, CHUNK)}
    if not ids:
        return 0
    with cases_in_hand(uow, ids) as hand:
        found = OutingsInHand(hand, hand.ids)
        for case_id in sorted(hand.ids):
            if case := hand.find(case_id):
                found.look(case)
        found.write()
    return len(ids)

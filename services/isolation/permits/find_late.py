"""Whoever is out and not back in time: somebody looks for them at once."""

from __future__ import annotations

from sqlalchemy import select

from chassis.unit_of_work import UnitOfWork
from services.isolation.cases.casebook import CHUNK
from services.isolation.cases.in_hand import cases_in_hand
from services.isolation.cases.tables import cases
from services.isolation.permits.outings import OutingsInHand
from services.isolation.permits.tables import outings


def find_late(uow: UnitOfWork) -> int:
    """Plan a task for each who is late, once, and tell whoever must know."""
    o, c = outings.c, cases.c
    due = (
        select(c.case_id)
        .join(outings, o.case_id == c.case_id)
        .where(o.check_at <= uow.now)
        .order_by(o.check_at)
        .with_for_update(of=cases, skip_locked=True)
    )
    ids = {row.case_id for row in uow.take(due, c.case_id, CHUNK)}
    if not ids:
        return 0
    with cases_in_hand(uow, ids) as hand:
        found = OutingsInHand(hand, hand.ids)
        for case_id in sorted(hand.ids):
            if case := hand.find(case_id):
                found.look(case)
        found.write()
    return len(ids)

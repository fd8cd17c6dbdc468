"""What an officer judged after the end of a case is told once it is open again: else nobody heard of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import select

from chassis.database.statements import is_in
from chassis.unit_of_work import UnitOfWork
from services.isolation.breaches.in_hand import BreachesInHand, followed_as
from services.isolation.breaches.tables import breaches
from services.isolation.cases.casebook import CHUNK
from services.isolation.cases.in_hand import cases_in_hand
from services.isolation.cases.merged import going_on
from services.isolation.cases.tables import cases

_LOOKED_BACK: Final = timedelta(days=60)
"""Longer than a case may be opened again."""


def tell_breaches(uow: UnitOfWork) -> int:
    """Tell whoever is followed again, be it under another case. Returns of how many cases."""
    b, c = breaches.c, cases.c
    owed = select(b.case_id).where(b.told_confirmed.is_not(None), b.judged_at > uow.now - _LOOKED_BACK)
    named = set(uow.conn.execute(owed).scalars())
    if not named:
        return 0
    goes_on_as = going_on(uow.conn, named)
    ids = {goes_on_as.get(id, id) for id in named}
    followed = select(c.case_id).where(is_in(uow.conn, c.case_id, ids), c.closed_at.is_(None))
    locked = followed.order_by(c.case_id).with_for_update(skip_locked=True)
    taken = {row.case_id for row in uow.take(locked, c.case_id, CHUNK)}
    if not taken:
        return 0
    with cases_in_hand(uow, taken) as hand:
        found = BreachesInHand(hand, followed_as(hand, hand.ids))
        for case_id in sorted(taken):
            if case := hand.find(case_id):
                found.tell(case)
        found.write()
    return len(taken)

"""What an officer judged after the end of a case is told once it is open again: else nobody heard of it.

Such a case is watched: it is looked at when something becomes new of it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import select

from chassis.unit_of_work import UnitOfWork
from services.isolation.breaches.in_hand import BreachesInHand, followed_as
from services.isolation.breaches.tables import breaches
from services.isolation.cases.casebook import CHUNK
from services.isolation.cases.in_hand import cases_in_hand
from services.isolation.cases.tables import cases, watched
from services.isolation.cases.watched import BREACHES, is_due, seen, watch, watch_no_more

_AGAIN_AFTER: Final = timedelta(hours=1)
"""The case that goes on for one that ended merged is not watched."""
_OF_BEFORE: Final = timedelta(days=1)
"""So far back it is looked for what a process of before judged, which watches nothing."""
_B: Final = breaches.c


def tell_breaches(uow: UnitOfWork) -> int:
    """Tell whoever is followed again, be it under another case. Returns at how many cases it looked."""
    _watch_those_of_before(uow)
    c, w = cases.c, watched.c
    due = select(c.case_id).join(watched, w.id == c.case_id).where(is_due(BREACHES, uow.now))
    locked = due.order_by(w.look_at).with_for_update(of=cases, skip_locked=True)
    taken = {row.case_id for row in uow.take(locked, c.case_id, CHUNK)}
    if not taken:
        return 0
    over, left = [], []
    with cases_in_hand(uow, taken) as hand:
        found = BreachesInHand(hand, followed_as(hand, hand.ids))
        for case_id in sorted(taken):
            if (named := hand.find(case_id)) is None:
                continue
            if case := hand.followed_as(named):
                found.tell(case)
            if case or named.stripped_at is not None:
                over.append(case_id)
            else:
                left.append((case_id, uow.now + _AGAIN_AFTER if hand.is_merged(named) else None))
        found.write()
    # After the cases are written: what they were told is nothing new.
    watch_no_more(uow.conn, BREACHES, over)
    seen(uow.conn, BREACHES, left)
    return len(taken)


def _watch_those_of_before(uow: UnitOfWork) -> None:
    known = select(watched.c.id).where(watched.c.id == _B.case_id, watched.c.watcher == BREACHES)
    owed = _B.told_confirmed.is_not(None) & (_B.judged_at > uow.now - _OF_BEFORE)
    found = uow.conn.execute(select(_B.case_id).where(owed, ~known.exists())).scalars()
    watch(uow.conn, BREACHES, set(found), uow.now)

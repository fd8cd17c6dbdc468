"""Forget batches: counts that were settled long ago are no longer compared with anything."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select

from chassis.database.ages import long_ago
from chassis.database.guards import remove
from chassis.database.statements import is_in
from chassis.unit_of_work import UnitOfWork
from services.registration.accounts.tables import closed_batches

KEPT: Final = timedelta(days=90)
"""Longer than any inbox remembers its events as it comes; what is not settled stays."""
_AT_ONCE: Final = 1000


def forget_batches(uow: UnitOfWork) -> int:
    """Timer. Returns how many it forgot."""
    c = closed_batches.c
    if (before := long_ago(uow.conn, KEPT)) is None:
        return 0
    settled = select(c.id).where(c.settled_at < before).with_for_update(skip_locked=True)
    ids = [row.id for row in uow.take(settled, c.id, _AT_ONCE)]
    remove(uow.conn, delete(closed_batches).where(is_in(uow.conn, c.id, ids)))
    return len(ids)

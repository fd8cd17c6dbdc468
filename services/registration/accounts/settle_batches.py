"""Settle batches: of each that is open, forget the ids that have arrived, and close it when none is left.

Inboxes forget after some days; what is settled by then need not be asked for any more.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update

from chassis.unit_of_work import UnitOfWork
from services.registration.accounts.arrived import arrived_on_day, not_arrived
from services.registration.accounts.tables import closed_batches

_AT_ONCE = 20


def settle_batches(uow: UnitOfWork) -> int:
    """Timer. Returns how many it has closed; those it looked at longest ago come first."""
    c = closed_batches.c
    wanted = select(closed_batches).where(c.settled_at.is_(None)).order_by(c.looked_at)
    now, settled = datetime.now(UTC), 0
    for row in uow.take(wanted.with_for_update(), c.id, _AT_ONCE):
        new: dict[str, Any] = {"looked_at": now}
        if row.ids is None:
            whole = arrived_on_day(uow.conn, row.publisher, row.source, row.day) >= row.said
        else:
            left = not_arrived(uow.conn, row.source, row.ids)
            new["ids"], whole = left, not left
        if whole:
            new["settled_at"] = now
            settled += 1
        uow.conn.execute(update(closed_batches).where(c.id == row.id).values(new))
    return settled

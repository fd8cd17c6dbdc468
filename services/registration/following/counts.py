"""The arrivals on the lists of following, as figures for `/metrics`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, literal, select, text, union_all
from sqlalchemy.engine import Connection

from chassis.figures import Numbers
from services.registration.arrivals.tables import arrivals
from services.registration.metrics import LISTS

_A = arrivals.c


def on_lists(conn: Connection, now: datetime) -> Numbers:
    return {(name,): count for name, count in conn.execute(_of_both(now, func.count(), func.count()))}


def oldest_on_lists(conn: Connection, now: datetime) -> Numbers:
    """In seconds."""
    oldest = _of_both(now, func.min(_A.to_settle_since), func.min(_A.arrived_at))
    return {
        (name,): max(0.0, (now - since).total_seconds()) if since else 0.0
        for name, since in conn.execute(oldest)
    }


def _of_both(now: datetime, to_settle: Any, overdue: Any) -> Select[Any]:
    settling, expected = LISTS
    of_both = union_all(
        select(literal(settling).label("list"), to_settle.label("number")).where(
            _A.to_settle_since.is_not(None)
        ),
        # A literal, so that the planner sees that the partial index holds all of them.
        select(literal(expected), overdue).where(text("state = 'expected'"), _A.arrived_at < now),
    ).subquery()
    return select(*of_both.c)

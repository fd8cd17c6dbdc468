"""Whether each transfer has the task of whoever sees to it: without one it would be forgotten in silence."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from services.isolation.plans.tables import tasks
from services.isolation.transfers.tables import transfers

_MOST_NAMED = 20


def without_task(conn: Connection) -> tuple[int, list[str]]:
    """Transfers whose task is not there: (how many, the first of them)."""
    t, k = transfers.c, tasks.c
    its = select(k.task_id).where(k.task_id == t.task_id, k.about != "")
    found = conn.execute(
        select(t.transfer_id, func.count().over())
        .where(~its.exists())
        .order_by(t.transfer_id)
        .limit(_MOST_NAMED)
    ).all()
    return (int(found[0][1]) if found else 0), [row[0] for row in found]

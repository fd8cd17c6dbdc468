"""Whether each breach has the task of whoever judges it: without one it would be forgotten in silence."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from services.isolation.breaches.tables import breaches
from services.isolation.plans.tables import tasks

_MOST_NAMED = 20


def without_task(conn: Connection) -> tuple[int, list[str]]:
    """Breaches whose task is not there: (how many, the first of them)."""
    b, k = breaches.c, tasks.c
    its = select(k.task_id).where(k.task_id == b.judge_task_id, k.about != "")
    found = conn.execute(
        select(b.breach_id, func.count().over()).where(~its.exists()).order_by(b.breach_id).limit(_MOST_NAMED)
    ).all()
    return (int(found[0][1]) if found else 0), [row[0] for row in found]

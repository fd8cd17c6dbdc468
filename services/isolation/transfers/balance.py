"""Whether each transfer has the task of whoever sees to it: without one it would be forgotten in silence."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from services.isolation.cases.merged import followed_unchanged
from services.isolation.plans.tables import tasks
from services.isolation.transfers.tables import transfers
from services.isolation.transfers.unseen import UNSEEN

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


def seen_to_by_nobody(conn: Connection, since: datetime) -> tuple[int, list[str]]:
    """Transfers of people who are followed here, that nobody has settled and no officer has a task to see to:
    (how many, the first of them).

    :param since: what changed in their case after that a timer may still see to.
    """
    t = transfers.c
    joined = select(t.transfer_id, t.case_id).join_from(transfers, tasks, tasks.c.task_id == t.task_id)
    named = {row.transfer_id: row.case_id for row in conn.execute(joined.where(UNSEEN))}
    followed = followed_unchanged(conn, set(named.values()), since)
    found = sorted(id for id, case_id in named.items() if case_id in followed)
    return len(found), found[:_MOST_NAMED]

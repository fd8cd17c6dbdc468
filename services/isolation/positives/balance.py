"""Whether it is looked what follows from what was found: nobody would hear of it else."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from services.isolation.positives.find_positives import LOOKED_BACK, of_whom_nobody_looks
from services.isolation.tests.tables import positives

_MOST_NAMED = 20
_FOUND_WITHIN = timedelta(hours=2)
"""It is looked for them once an hour."""


def not_seen_to(conn: Connection, since: datetime) -> tuple[int, list[str]]:
    """Cases of which it was to be looked before that: (how many, the first of them)."""
    p = positives.c
    late = select(p.case_id, func.count().over()).where(p.look_at < since).order_by(p.look_at)
    rows = conn.execute(late.limit(_MOST_NAMED)).all()
    return (int(rows[0][1]) if rows else 0), [row[0] for row in rows]


def unknown(conn: Connection, now: datetime) -> tuple[int, list[str]]:
    """Cases with a positive of which nobody will look what follows: (how many, the first of them)."""
    lost = of_whom_nobody_looks(now - LOOKED_BACK, now - _FOUND_WITHIN).subquery()
    named = select(lost.c.case_id, func.count().over()).order_by(lost.c.case_id)
    rows = conn.execute(named.limit(_MOST_NAMED)).all()
    return (int(rows[0][1]) if rows else 0), [row[0] for row in rows]

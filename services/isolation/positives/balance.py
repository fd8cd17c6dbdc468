"""Whether it is looked what follows from what was found: nobody would hear of it else."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from services.isolation.tests.tables import positives

_MOST_NAMED = 20


def not_seen_to(conn: Connection, since: datetime) -> tuple[int, list[str]]:
    """Cases of which it was to be looked before that: (how many, the first of them)."""
    p = positives.c
    late = select(p.case_id, func.count().over()).where(p.look_at < since).order_by(p.look_at)
    rows = conn.execute(late.limit(_MOST_NAMED)).all()
    return (int(rows[0][1]) if rows else 0), [row[0] for row in rows]

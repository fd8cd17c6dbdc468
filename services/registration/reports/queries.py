"""Reports that somebody must correct."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.engine import Connection

from chassis.figures import Found
from services.registration.reports.tables import reports


def needs_correction(conn: Connection, *, limit: int = 100) -> list[dict[str, Any]]:
    """Reports that staff or the source must correct, the oldest first. Reasons hold no values."""
    rows = conn.execute(
        select(
            reports.c.id,
            reports.c.publisher,
            reports.c.source,
            reports.c.event_id,
            reports.c.received_at,
            reports.c.reasons,
        )
        .where(reports.c.outcome == "needs_correction")
        .order_by(reports.c.received_at, reports.c.id)
        .limit(limit)
    ).mappings()
    return [dict(row) for row in rows]


def needing_correction(conn: Connection, _now: datetime) -> Found:
    """How many reports need correction, by publisher, as a figure for `/metrics`."""
    # A literal, so that the planner sees that the partial index holds all of them.
    wanted = text("outcome = 'needs_correction'")
    rows = conn.execute(select(reports.c.publisher, func.count()).where(wanted).group_by(reports.c.publisher))
    return {(publisher or "",): count for publisher, count in rows}

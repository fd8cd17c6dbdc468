"""Breaches that an officer confirmed, as the household's own page shows them: what a text told them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from services.isolation.breaches.rules import CONFIRMED
from services.isolation.breaches.tables import breaches
from services.isolation.cases.merged import with_merged


def breaches_shown(conn: Connection, case_ids: Sequence[str], zone: ZoneInfo) -> dict[str, list[Any]]:
    """By case, with those of the cases that ended merged in it, the oldest first. What was judged while
    nobody followed them is told first (breaches/tell_breaches.py).
    """
    b = breaches.c
    whose = with_merged(conn, case_ids)
    known = b.state == CONFIRMED, b.told_confirmed.is_(None)
    rows = conn.execute(
        select(b.case_id, b.why, b.at).where(is_in(conn, b.case_id, whose), *known).order_by(b.at)
    )
    found: dict[str, list[Any]] = {}
    for row in rows:
        shown = {"why": row.why, "at": row.at.astimezone(zone).isoformat()}
        found.setdefault(whose[row.case_id], []).append(shown)
    return found

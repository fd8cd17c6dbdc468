"""People who are only informed, and whose case ought to have ended: no task, list or clock names them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from chassis.unit_of_work import Look
from field.days import local_day
from services.isolation.cases.casebook import CHUNK
from services.isolation.cases.rows import case_from
from services.isolation.cases.tables import case_history, cases
from services.isolation.plans.rows import read_tasks
from services.isolation.release.end_informed import informed_before
from services.isolation.release.facts import facts_of
from services.isolation.release.rules import HEALTH_AND_WILL, lacks

_LATE: Final = timedelta(hours=3)
"""A timer looks once an hour."""
_MOST_NAMED: Final = 20


def left_behind(conn: Connection, now: datetime, zone: ZoneInfo) -> tuple[int, list[str]]:
    """(how many, the first of them): for hours their day has been over, nothing holds them, and nothing was
    said of them.

    A fever holds here whatever their policy says: rather nobody is named for the three days that it counts.
    """
    c, h = cases.c, case_history.c
    lately = select(h.case_id).where(h.case_id == c.case_id, h.at > now - _LATE)
    over = informed_before(local_day(now - _LATE, zone)) & ~lately.exists()
    ids = sorted(conn.execute(select(c.case_id).where(over)).scalars())
    look = Look(conn, now, zone)
    pieces = (ids[first : first + CHUNK] for first in range(0, len(ids), CHUNK))
    found = [id for piece in pieces for id in _that_nothing_holds(look, piece)]
    return len(found), found[:_MOST_NAMED]


def _that_nothing_holds(look: Look, case_ids: Sequence[str]) -> list[str]:
    rows = look.conn.execute(select(cases).where(is_in(look.conn, cases.c.case_id, case_ids)))
    facts = facts_of(look, [case_from(row) for row in rows], read_tasks(look.conn, case_ids))
    return [id for id in case_ids if HEALTH_AND_WILL.isdisjoint(lacks(("no_fever",), facts[id]))]

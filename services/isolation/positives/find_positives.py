"""Positives that a process of before wrote down while others were renewed: it is looked what follows.

Also of whoever was released before the result came: whether they are followed again is an officer's decision,
and whoever lives with them is a contact.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, select, text

from chassis.database.statements import insert_rows
from chassis.unit_of_work import UnitOfWork
from services.isolation.cases.casebook import CHUNK
from services.isolation.cases.tables import cases
from services.isolation.tests.tables import positives, test_results

LOOKED_BACK: Final = timedelta(days=15)
"""Longer than any upgrade takes, and than a case may be opened again by decision."""


def find_positives(uow: UnitOfWork) -> int:
    """Returns of how many cases nobody knew."""
    lost = of_whom_nobody_looks(uow.now - LOOKED_BACK, uow.now).order_by(cases.c.case_id)
    taken = uow.take(lost.with_for_update(of=cases, skip_locked=True), cases.c.case_id, CHUNK)
    rows = [{"case_id": row.case_id, "look_at": uow.now, "told": []} for row in taken]
    insert_rows(uow.conn, positives, rows, ignore_conflicts=True)
    return len(rows)


def of_whom_nobody_looks(since: datetime, until: datetime) -> Select[tuple[str]]:
    """Cases with a positive that was received between these, and no row that says when it is looked, whether
    they are followed or have ended.
    """
    r, c = test_results.c, cases.c
    # A literal, so that the planner sees that the partial index holds all of them.
    positive = text("test_results.result = 'positive'")
    found = select(r.case_id).where(positive, r.received_at > since, r.received_at <= until)
    known = select(positives.c.case_id).where(positives.c.case_id == c.case_id)
    return select(c.case_id).where(c.case_id.in_(found), ~known.exists(), c.stripped_at.is_(None))

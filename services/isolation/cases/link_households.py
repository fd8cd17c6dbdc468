"""Cases are from before there were links: each household of which one is open gets a link."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from chassis.database.statements import upsert_rows
from chassis.unit_of_work import UnitOfWork
from services.isolation.cases.tables import cases, district_walks
from services.isolation.links.links_of import links_of

PAGE: Final = 1000
_NAME: Final = "links"
_C = cases.c


def link_households(uow: UnitOfWork) -> int:
    """Walk through all cases once, page by page. Returns how many it saw.

    The household hears of its link with the next text about it; staff can tell it before. A case that was set
    aside is tried again off the way.
    """
    conn, off_the_way = uow.conn, uow.taking.only is not None
    walk = conn.execute(select(district_walks).where(district_walks.c.name == _NAME)).one_or_none()
    if walk is not None and walk.after is None and not off_the_way:
        return 0
    page = select(_C.case_id, _C.household_id, _C.closed_at).order_by(_C.case_id)
    if walk is not None and not off_the_way:
        page = page.where(_C.case_id > walk.after)
    most = uow.taking.room(PAGE)
    rows = uow.take(page, _C.case_id, PAGE)
    households: dict[str, set[str]] = {}
    for row in rows:
        if row.closed_at is None:
            households.setdefault(row.household_id or row.case_id, set()).add(row.case_id)
    links_of(uow, {}, households)
    if not off_the_way:
        done = {"name": _NAME, "revision": 1, "after": rows[-1].case_id if len(rows) == most else None}
        upsert_rows(conn, district_walks, [done], key=["name"], set=["revision", "after"])
    return len(rows)

"""Places have changed, or cases are from before: each case names the district above its street."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import select

from chassis.database.statements import is_in, update_rows, upsert_rows
from chassis.unit_of_work import UnitOfWork
from field.places import PlaceTree
from services.isolation.cases.staffing import district_of
from services.isolation.cases.tables import cases, district_walks
from services.isolation.reference import current
from services.isolation.revisions import REVISIONS
from services.isolation.teams.rules import Place
from services.isolation.teams.tables import places

PAGE: Final = 1000
_NAME: Final = "cases"
_C = cases.c
_WHERE = (_C.case_id, _C.district, _C.grid, _C.community, _C.street)


def name_districts(uow: UnitOfWork) -> int:
    """Walk through all cases once after each change of the places, page by page. Returns how many it saw.

    No index leads to the cases of another district: it would cost every arrival, and places seldom change.
    A change on the way lets it begin again. A case that was set aside is tried again off the way.
    """
    conn, revision = uow.conn, REVISIONS.read(uow.conn).get(places.name, 0)
    off_the_way = uow.taking.only is not None
    walk = conn.execute(select(district_walks).where(district_walks.c.name == _NAME)).one_or_none()
    if walk is not None and (walk.revision, walk.after) == (revision, None) and not off_the_way:
        return 0
    page = select(*_WHERE).order_by(_C.case_id)
    if walk is not None and walk.revision == revision and not off_the_way:
        page = page.where(_C.case_id > walk.after)
    most = uow.taking.room(PAGE)
    rows = uow.take(page, _C.case_id, PAGE)
    tree = current(uow).places
    _put_right(uow, tree, [row.case_id for row in rows if row.district != _district(row, tree)])
    if not off_the_way:
        reached = rows[-1].case_id if len(rows) == most else None
        done = {"name": _NAME, "revision": revision, "after": reached}
        upsert_rows(conn, district_walks, [done], key=["name"], set=["revision", "after"])
    return len(rows)


def _put_right(uow: UnitOfWork, tree: PlaceTree[Place], case_ids: Sequence[str]) -> None:
    """Locked in sorted order, and looked at again: a case may have moved meanwhile."""
    wanted = select(*_WHERE).where(is_in(uow.conn, _C.case_id, case_ids)).order_by(_C.case_id)
    rows = uow.conn.execute(wanted.with_for_update()).all() if case_ids else []
    named = [{"case_id": row.case_id, "district": _district(row, tree)} for row in rows]
    update_rows(uow.conn, cases, named, key=["case_id"], set=["district"])


def _district(row: Any, tree: PlaceTree[Place]) -> str | None:
    return district_of(tree.upward(row.grid, row.community, row.street), tree)

"""Arrivals that wait for a doorstep or a worker are looked at again when places or staff have changed; those
whose worker has left are given to somebody else, or wait too, as long as they are followed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func, select

from chassis.database.statements import is_in, update_rows
from chassis.unit_of_work import UnitOfWork
from services.registration.arrivals.catalogue import Catalogue, read_catalogue
from services.registration.arrivals.register_arrivals import load_earlier_statements
from services.registration.arrivals.tables import arrivals, worker_loads
from services.registration.arrivals.write_arrivals import FOLLOWED, draft_of, write_arrivals

_AT_ONCE = 200


def assign_waiting(uow: UnitOfWork) -> int:
    """Timer. Returns how many arrivals it looked at; each is looked at once per change of places or staff."""
    catalogue, a = read_catalogue(uow), arrivals.c
    # As the index gives them: what was looked at is passed over, and nothing is sorted.
    rows = _take(
        uow,
        a.unassigned_since.is_not(None) & (a.placed_with < catalogue.placing),
        (a.placed_with, a.unassigned_since),
        _AT_ONCE,
    )
    if len(rows) < _AT_ONCE:
        rows += _left_behind(uow, catalogue, _AT_ONCE - len(rows))
    drafts = [draft_of(row) for row in rows]
    if drafts:
        load_earlier_statements(uow, drafts)
        write_arrivals(uow, catalogue, drafts, {})
    return len(drafts)


def _left_behind(uow: UnitOfWork, catalogue: Catalogue, most: int) -> list[Any]:
    """Arrivals of workers who have left.

    All are searched through for them: it happens seldom, and an index would cost every arrival.
    """
    a, load = arrivals.c, worker_loads.c
    absent = is_in(uow.conn, load.staff_id, sorted(catalogue.absent))
    counted = select(load.staff_id).where(absent).group_by(load.staff_id).having(func.sum(load.open) > 0)
    left = sorted(uow.conn.execute(counted).scalars())
    if not left:
        return []
    theirs = is_in(uow.conn, a.worker, left) & (a.arrived_at >= uow.now - FOLLOWED)
    rows = _take(uow, theirs, (), most)
    if not rows:
        # What is counted is not followed any more. A replica that does not know yet that they left waits for
        # these locks, or has committed before the search.
        shards = uow.conn.execute(
            select(load.staff_id, load.shard)
            .where(is_in(uow.conn, load.staff_id, left))
            .order_by(load.staff_id, load.shard)
            .with_for_update()
        ).all()
        if uow.conn.execute(select(a.id).where(theirs).limit(1)).first() is None:
            none = [{"staff_id": one.staff_id, "shard": one.shard, "open": 0} for one in shards]
            update_rows(uow.conn, worker_loads, none, key=["staff_id", "shard"], set=["open"])
    return rows


def _take(
    uow: UnitOfWork, wanted: ColumnElement[bool], order: tuple[ColumnElement[Any], ...], most: int
) -> list[Any]:
    """Those that another replica holds are left to it."""
    query = select(arrivals).where(wanted).order_by(*order).limit(most)
    return list(uow.conn.execute(query.with_for_update(skip_locked=True)))

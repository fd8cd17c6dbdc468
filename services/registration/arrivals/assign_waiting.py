"""Assign waiting arrivals: give each a doorstep or a worker as soon as places or staff have changed.

Arrivals whose worker has left are given to the successor or somebody else, or wait too, as long as they are
followed. Arrivals of a place that has ended are placed anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from chassis.database.statements import is_in, update_rows
from chassis.unit_of_work import UnitOfWork
from chassis.walks import Walk
from services.registration.arrivals.arrival import StoredArrival
from services.registration.arrivals.catalogue import Catalogue, read_catalogue
from services.registration.arrivals.draft import Draft
from services.registration.arrivals.known_arrivals import read_earlier_statements, stored_arrivals
from services.registration.arrivals.tables import arrivals, worker_loads
from services.registration.arrivals.workers import FOLLOWED
from services.registration.arrivals.write_arrivals import write_arrivals
from services.registration.places.tables import places

_AT_ONCE = 200
_ONCE_MORE = timedelta(minutes=2)  # no unit of work takes so long
_WHILE_ASIDE = timedelta(hours=1)


def assign_waiting(uow: UnitOfWork) -> int:
    """Timer. Returns how many arrivals it looked at; each is looked at once per change of places or staff.

    1 where it found none, and goes on looking for those of workers who left, or of places that ended.
    """
    catalogue, a = read_catalogue(uow), arrivals.c
    waiting = a.unassigned_since.is_not(None) & (a.placed_with < catalogue.placing)
    # In the order of the index: arrivals already looked at are passed over, and nothing is sorted.
    drafts = _take(uow, waiting, (a.placed_with, a.unassigned_since), _AT_ONCE)
    goes_on = False
    for walk in (_left_behind, _of_ended_places):
        if len(drafts) < _AT_ONCE:
            held = {draft.arrival_id for draft in drafts}
            found, on_the_way = walk(uow, catalogue, _AT_ONCE - len(drafts))
            drafts += [draft for draft in found if draft.arrival_id not in held]
            goes_on = goes_on or on_the_way
    if drafts:
        read_earlier_statements(uow, catalogue, drafts)
        write_arrivals(uow, catalogue, drafts, {})
    return len(drafts) or goes_on


def _left_behind(uow: UnitOfWork, catalogue: Catalogue, most: int) -> tuple[list[Draft], bool]:
    """Arrivals of workers who have left, and whether there is more to look through."""
    a, load = arrivals.c, worker_loads.c
    absent = is_in(uow.conn, load.staff_id, sorted(catalogue.absent))
    counted = select(load.staff_id, func.sum(load.open)).where(absent).group_by(load.staff_id)
    aside = _aside_of_workers(uow)
    opens = {worker: count for worker, count in uow.conn.execute(counted) if count > aside.get(worker, 0)}
    if not opens:
        return [], False
    theirs = is_in(uow.conn, a.worker, sorted(opens)) & (a.arrived_at >= uow.now - FOLLOWED)
    walk = Walk(uow, "left_behind", a.id, f"{catalogue.placing} {sum(opens.values())}")
    drafts, goes_on = _walked(uow, walk, theirs, most)
    if walk.was_in_vain:
        _reset_counts(uow, opens, aside)
    return drafts, goes_on


def _walked(uow: UnitOfWork, walk: Walk, wanted: ColumnElement[bool], most: int) -> tuple[list[Draft], bool]:
    room = uow.taking.room(most)
    drafts = _take(uow, wanted & walk.here, (arrivals.c.id,), most)
    return drafts, walk.note(wanted, [draft.arrival_id for draft in drafts], room)


def _aside_of_workers(uow: UnitOfWork) -> dict[str, int]:
    """How many arrivals of each are set aside: for those alone all would be walked through for days."""
    keys = uow.taking.aside_of(arrivals.name)
    if not keys:
        return {}
    worker, these = arrivals.c.worker, is_in(uow.conn, arrivals.c.id, keys)
    counted = select(worker, func.count()).where(these).group_by(worker)
    return {worker: count for worker, count in uow.conn.execute(counted)}


def _reset_counts(uow: UnitOfWork, opens: Mapping[str, int], aside: Mapping[str, int]) -> None:
    """Nothing of theirs is followed any more but what is set aside, or all would be walked through again.

    Lock first: a replica that does not know yet that they left may be assigning to them right now. Then the
    count has grown, and the next walk finds it.
    """
    load = worker_loads.c
    shards = uow.conn.execute(
        select(load.staff_id, load.shard, load.open)
        .where(is_in(uow.conn, load.staff_id, sorted(opens)))
        .order_by(load.staff_id, load.shard)
        .with_for_update()
    ).all()
    if sum(row.open for row in shards) != sum(opens.values()):
        return
    rows, left = [], dict(aside)
    for row in shards:
        rows.append({"staff_id": row.staff_id, "shard": row.shard, "open": left.pop(row.staff_id, 0)})
    update_rows(uow.conn, worker_loads, rows, key=["staff_id", "shard"], set=["open"])


def _of_ended_places(uow: UnitOfWork, catalogue: Catalogue, most: int) -> tuple[list[Draft], bool]:
    """Arrivals of places that have ended, and whether there is more to look through."""
    p, a = places.c, arrivals.c
    due = p.look_at.is_not(None) if uow.taking.only else p.look_at <= uow.now
    to_look = select(p.place_id, p.ended_at).where(due).order_by(p.place_id)
    ended = {place_id: ended_at for place_id, ended_at in uow.conn.execute(to_look)}
    if not ended:
        return [], False
    ids = list(ended)
    there = or_(*(is_in(uow.conn, column, ids) for column in (a.street, a.community, a.grid)))
    theirs = there & (a.placed_with < catalogue.placing) & (a.arrived_at >= uow.now - FOLLOWED)
    walk = Walk(uow, "ended_places", a.id, str(catalogue.placing))
    drafts, goes_on = _walked(uow, walk, theirs, most)
    if walk.was_in_vain and uow.taking.is_whole:
        _look_again_or_not(uow, ended)
    return drafts, goes_on


def _look_again_or_not(uow: UnitOfWork, ended: Mapping[str, datetime]) -> None:
    """A replica may just be placing arrivals there by what it read before the place ended: look once more.

    What is set aside would not be found any more, so it is looked for until nothing is, but not all the time.
    """
    later = uow.now + _WHILE_ASIDE if uow.taking.aside else None
    rows = [
        {"place_id": place_id, "look_at": uow.now + _ONCE_MORE if uow.now < ended_at + _ONCE_MORE else later}
        for place_id, ended_at in ended.items()
    ]
    update_rows(uow.conn, places, rows, key=["place_id"], set=["look_at"])


def _take(
    uow: UnitOfWork, wanted: ColumnElement[bool], order: tuple[ColumnElement[Any], ...], most: int
) -> list[Draft]:
    """Arrivals that another replica holds are left to it."""
    query = stored_arrivals(wanted).order_by(*order).with_for_update(skip_locked=True)
    return [Draft.of(StoredArrival(*tuple[Any, ...](row))) for row in uow.take(query, arrivals.c.id, most)]

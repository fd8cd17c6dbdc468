"""Staff are registration's; isolation keeps what it needs of them."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from chassis.database.statements import insert_rows
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from services.isolation.revisions import STAFF, mark_changed
from services.isolation.teams.keep_newest import keep_newest
from services.isolation.teams.tables import staff, staff_load

_KEPT = ("staff_id", "role", "place", "active", "person", "language")


def keep_staff(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """The newest version of each member of staff wins. A timer gives them the cases that wait for staff."""
    rows = {
        e.data["staff_id"]: {**{name: e.data[name] for name in _KEPT}, "version": e.version}
        for e in sorted(events, key=attrgetter("version"))
    }
    newer = keep_newest(uow.conn, staff, "staff_id", rows)
    if newer:
        loads = [{"staff_id": staff_id, "cases": 0} for staff_id in newer]
        insert_rows(uow.conn, staff_load, loads, ignore_conflicts=True)
        mark_changed(uow.conn, STAFF)

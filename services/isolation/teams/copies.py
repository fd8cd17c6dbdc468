"""Places and staff are registration's; isolation keeps what it needs of them."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.copies import Copy
from chassis.database.statements import insert_rows
from chassis.unit_of_work import UnitOfWork
from services.isolation.revisions import REVISIONS
from services.isolation.teams.tables import places, staff, staff_history, staff_load


def _count_from_zero(uow: UnitOfWork, staff_ids: Sequence[str]) -> None:
    """New staff have no case yet. A timer gives them the cases that wait for staff."""
    loads = [{"staff_id": staff_id, "cases": 0} for staff_id in staff_ids]
    insert_rows(uow.conn, staff_load, loads, ignore_conflicts=True)


PLACES = Copy(places, "place.changed", "keep_places", REVISIONS)
STAFF = Copy(staff, "staff.changed", "keep_staff", REVISIONS, also=_count_from_zero, history=staff_history)

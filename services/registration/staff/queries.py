"""The members of staff."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.engine import Connection

from services.registration.places.placing import PlaceIndex
from services.registration.staff.rota import Rota
from services.registration.staff.tables import staff


def read_rota(conn: Connection, index: PlaceIndex) -> Rota:
    """The grid workers at work."""
    workers = conn.execute(
        select(staff.c.staff_id, staff.c.place).where(staff.c.active.is_(True), staff.c.role == "grid_worker")
    )
    return Rota((staff_id, index.level_ids(place)) for staff_id, place in workers)


def read_absent(conn: Connection) -> frozenset[str]:
    """Everybody who has left."""
    return frozenset(conn.execute(select(staff.c.staff_id).where(staff.c.active.is_(False))).scalars())


def member_of_staff(conn: Connection, staff_id: str) -> Row[Any] | None:
    return conn.execute(select(staff).where(staff.c.staff_id == staff_id)).one_or_none()

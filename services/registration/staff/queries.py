"""Which grid workers there are, and who has left."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from services.registration.places.placing import PlaceIndex
from services.registration.staff.rota import Rota
from services.registration.staff.tables import staff


def read_rota(conn: Connection, index: PlaceIndex) -> Rota:
    rows: Iterable[Any] = conn.execute(
        select(staff.c.staff_id, staff.c.place).where(staff.c.active.is_(True), staff.c.role == "grid_worker")
    )
    return Rota((row.staff_id, index.level_ids(row.place)) for row in rows)


def read_absent(conn: Connection) -> frozenset[str]:
    return frozenset(conn.execute(select(staff.c.staff_id).where(staff.c.active.is_(False))).scalars())

"""Places and staff are read from the copies."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.engine import Connection

from field.places import PlaceTree
from services.isolation.teams.rules import Place, Staff, StaffMember
from services.isolation.teams.tables import places, staff


def read_places(conn: Connection) -> PlaceTree[Place]:
    p = places.c
    rows = conn.execute(select(p.place_id, p.parent, p.level, p.name).where(p.removed.is_(False)))
    return PlaceTree({r.place_id: Place(r.parent, r.level, r.name) for r in rows})


def read_staff(conn: Connection, revision: int) -> Staff:
    s = staff.c
    columns = (s.staff_id, s.role, s.place, s.person, s.language, s.active)
    by_id = {row.staff_id: StaffMember(*row) for row in conn.execute(select(*columns).order_by(s.staff_id))}
    roster: dict[tuple[str, str], list[str]] = {}
    for member in by_id.values():
        if member.active:
            roster.setdefault((member.role, member.place), []).append(member.staff_id)
    return Staff(revision, by_id, {at: tuple(ids) for at, ids in roster.items()})

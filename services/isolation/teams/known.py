"""Places and staff are read from the copies."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.engine import Connection

from field.places import PlaceTree
from services.isolation.teams.rules import Place, Staff, StaffMember
from services.isolation.teams.tables import places, staff


def read_places(conn: Connection) -> PlaceTree[Place]:
    p = places.c
    rows = conn.execute(select(p.place_id, p.parent, p.level, p.name, p.removed, p.successor)).all()
    return PlaceTree(
        {r.place_id: Place(r.parent, r.level, r.name) for r in rows if not r.removed},
        {r.place_id: r.successor or r.parent for r in rows if r.removed},
    )


def read_staff(conn: Connection, revision: int, tree: PlaceTree[Place]) -> Staff:
    """Who works at a place that has ended works at the one that answers for it now."""
    s = staff.c
    columns = (
        *(s.staff_id, s.role, s.place, s.person, s.language, s.active, s.replaced_by),
        *(s.away_from, s.away_to, s.deputy, s.duty_from, s.duty_to),
    )
    by_id = {row.staff_id: StaffMember(*row) for row in conn.execute(select(*columns).order_by(s.staff_id))}
    roster: dict[tuple[str, str], list[str]] = {}
    for member in by_id.values():
        if member.active:
            place = tree.now(member.place) or member.place
            roster.setdefault((member.role, place), []).append(member.staff_id)
    return Staff(revision, by_id, {at: tuple(ids) for at, ids in roster.items()})

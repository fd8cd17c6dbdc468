"""The members of staff."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from services.registration.places.placing import PlaceIndex
from services.registration.staff.rota import Rota
from services.registration.staff.tables import staff


def read_rota(conn: Connection, index: PlaceIndex) -> Rota:
    """The grid workers at work."""
    s = staff.c
    workers = conn.execute(
        select(s.staff_id, s.place, s.away_from, s.away_to).where(s.active.is_(True), s.role == "grid_worker")
    ).all()
    away = {staff_id: (begins, ends) for staff_id, _, begins, ends in workers if begins}
    return Rota(((staff_id, index.level_ids(place)) for staff_id, place, *_ in workers), away)


def read_absent(conn: Connection) -> dict[str, str | None]:
    """Everybody who has left, each with whoever goes on in their place, if anybody does."""
    rows = conn.execute(select(staff.c.staff_id, staff.c.replaced_by).where(staff.c.active.is_(False)))
    replaced = {staff_id: replaced_by for staff_id, replaced_by in rows}
    return {staff_id: _successor(staff_id, replaced) for staff_id in replaced}


def _successor(staff_id: str, replaced: Mapping[str, str | None]) -> str | None:
    """Successors may have left too, and have successors."""
    successor: str | None = staff_id
    for _ in replaced:
        successor = replaced[successor] if successor else None
        if successor not in replaced:
            return successor
    return None


def member_of_staff(conn: Connection, staff_id: str) -> Row[Any] | None:
    return conn.execute(select(staff).where(staff.c.staff_id == staff_id)).one_or_none()


@dataclass(frozen=True, slots=True)
class Doorstep:
    """Who may answer for an arrival: its worker, or else the officers of its community, or of its street."""

    worker: str | None
    community: str | None
    street: str | None


def staff_of_doorsteps(
    conn: Connection, doorsteps: Mapping[str, Doorstep]
) -> dict[str, list[dict[str, Any]]]:
    """Who answers for each of these arrivals, as events list staff: contacts are sealed.

    Nobody, where neither the community nor the street has an officer at work.
    """
    workers = sorted({door.worker for door in doorsteps.values() if door.worker})
    at_work = select(staff).where(staff.c.active.is_(True)).order_by(staff.c.staff_id)
    by_id = {row.staff_id: row for row in conn.execute(at_work.where(is_in(conn, staff.c.staff_id, workers)))}
    officers: dict[tuple[str, str], list[Row[Any]]] = defaultdict(list)
    if any(door.worker not in by_id for door in doorsteps.values()):
        roles = staff.c.role.in_(("community_officer", "street_officer"))
        for row in conn.execute(at_work.where(roles)):
            officers[row.role, row.place].append(row)
    found = {}
    for id, door in doorsteps.items():
        worker = by_id.get(door.worker or "")
        of_community = officers.get(("community_officer", door.community or ""))
        of_street = officers.get(("street_officer", door.street or ""))
        members = [worker] if worker is not None else of_community or of_street or []
        found[id] = [_as_told(member) for member in members]
    return found


def _as_told(member: Row[Any]) -> dict[str, Any]:
    return {
        "staff_id": member.staff_id,
        "role": member.role,
        "contact": member.sealed,
        "language": member.language,
    }

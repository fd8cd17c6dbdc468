"""What places and staff are called: pages have their ids in lists and histories, and show their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from chassis.doors.declared import Asked, Lookup
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.scope import Scope
from services.registration.places.lists import at_or_below
from services.registration.places.tables import places
from services.registration.staff.tables import staff

MOST: Final = 500
MOST_BELOW: Final = 200
_S, _P = staff.c, places.c


def _find(uow: UnitOfWork, scope: Scope, asked: Asked, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Names at work are no secret among officers, who meet those of other places in histories: residents are
    told them too. Phones stay where they are.

    :param data: `staff` and `places`, lists of ids: whom and what nobody knows is left out; `below`, the id
        of a place or "" for one's own, where the places right below it are to be chosen from.
    Returns `you` (staff_id, role, place, level; null for who is no member of staff), `staff` (id -> name,
    role, place, active, and whether they are `yours`: work at your places or below), `places` (id -> name,
    level, parent) and `below` (id -> name, up to 200 that you reach; below none, those beside it). Raises
    Refused.
    """
    wanted, of_places = _ids(data, "staff"), _ids(data, "places")
    yours = at_or_below(uow.conn, scope, _S.place).label("yours")
    columns = select(_S.staff_id, _S.role, _S.place, _S.active, _S.sealed, yours)
    rows = uow.conn.execute(columns.where(is_in(uow.conn, _S.staff_id, {*wanted, asked.author.id}))).all()
    found = {row.staff_id: row for row in rows}
    you = found.get(asked.author.id)
    named = _places(uow.conn, {*of_places, *(row.place for row in rows)})
    return {
        "you": you
        and {
            "staff_id": you.staff_id,
            "role": you.role,
            "place": you.place,
            "level": named.get(you.place, {}).get("level"),
        },
        "staff": {
            row.staff_id: {
                "name": uow.sealer.unseal(row.sealed)["name"],
                "role": row.role,
                "place": row.place,
                "active": row.active,
                "yours": bool(row.yours),
            }
            for row in rows
        },
        "places": named,
        "below": _to_choose(uow.conn, scope, _below(data), you.place if you else None),
    }


def _places(conn: Connection, ids: set[str]) -> dict[str, dict[str, Any]]:
    rows = conn.execute(
        select(_P.place_id, _P.name, _P.level, _P.parent).where(is_in(conn, _P.place_id, ids))
    )
    return {row.place_id: {"name": row.name, "level": row.level, "parent": row.parent} for row in rows}


def _to_choose(conn: Connection, scope: Scope, below: str | None, own: str | None) -> dict[str, str]:
    parent = below or own
    if below is None or parent is None:
        return {}
    found = _right_below(conn, scope, parent)
    if not found and parent != own:
        above = conn.execute(select(_P.parent).where(_P.place_id == parent)).scalar_one_or_none()
        found = _right_below(conn, scope, above or own or parent)
    return found


def _right_below(conn: Connection, scope: Scope, parent: str) -> dict[str, str]:
    reached = at_or_below(conn, scope, _P.place_id)
    rows = select(_P.place_id, _P.name).where(_P.parent == parent, _P.removed.is_(False), reached)
    return {row.place_id: row.name for row in conn.execute(rows.order_by(_P.place_id).limit(MOST_BELOW))}


def _below(data: Mapping[str, Any]) -> str | None:
    """Raises Refused."""
    given = data.get("below")
    if given is not None and (not isinstance(given, str) or len(given) > 40 or "\0" in given):
        raise Refused.invalid([Fault("below", "no_id", "must be the id of a place, or empty for your own")])
    return given


def _ids(data: Mapping[str, Any], field: str) -> list[str]:
    """Raises Refused."""
    given = data.get(field, [])
    if not isinstance(given, list) or len(given) > MOST or not all(isinstance(one, str) for one in given):
        raise Refused.invalid([Fault(field, "no_ids", f"must be a list of up to {MOST} ids")])
    return [one for one in given if "\0" not in one]


NAMES = Lookup("names", _find)

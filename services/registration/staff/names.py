"""What places and staff are called: pages have their ids in lists and histories, and show their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select

from chassis.database.statements import is_one_of, listed
from chassis.doors.declared import Asked, Lookup
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.scope import Scope
from services.registration.places.known import KnownPlaces, known_places
from services.registration.staff.tables import staff

MOST: Final = 500
MOST_BELOW: Final = 200
_S = staff.c
_STAFF: Final = select(_S.staff_id, _S.role, _S.place, _S.active, _S.sealed).where(
    is_one_of(_S.staff_id, "staff_ids")
)
"""Put together once: every page asks it."""


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
    places = known_places(uow)
    rows = uow.conn.execute(_STAFF, {"staff_ids": listed({*wanted, asked.author.id})}).all()
    you = next((row for row in rows if row.staff_id == asked.author.id), None)
    named = _places(places, {*of_places, *(row.place for row in rows)})
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
                "yours": places.is_reached(row.place, scope),
            }
            for row in rows
        },
        "places": named,
        "below": _to_choose(places, scope, _below(data), you.place if you else None),
    }


def _places(known: KnownPlaces, ids: set[str]) -> dict[str, dict[str, Any]]:
    found = (known.by_id[id] for id in ids if id in known.by_id)
    return {one.place_id: {"name": one.name, "level": one.level, "parent": one.parent} for one in found}


def _to_choose(known: KnownPlaces, scope: Scope, below: str | None, own: str | None) -> dict[str, str]:
    parent = below or own
    if below is None or parent is None:
        return {}
    found = _right_below(known, scope, parent)
    if not found and parent != own:
        above = known.by_id[parent].parent if parent in known.by_id else None
        found = _right_below(known, scope, above or own or parent)
    return found


def _right_below(known: KnownPlaces, scope: Scope, parent: str) -> dict[str, str]:
    reached = [id for id in known.below.get(parent, ()) if known.is_reached(id, scope)]
    return {id: known.by_id[id].name for id in reached[:MOST_BELOW]}


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

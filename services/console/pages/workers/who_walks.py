"""Which members of staff may be enrolled with a phone, as registration's register says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from flask import g

from chassis.commands.command import Author
from chassis.doors.tokens import Actor
from contracts.faults import Refused
from services.console.doors import DoorAway, Doors
from services.console.pages.entry.who import acting

ROLES: Final = ("grid_worker", "health_worker", "community_cadre")
"""Who goes from door to door. A PIN is too little for whoever decides: officers have a password and codes."""
_MOST_PAGES: Final = 6
_CONSOLE: Final = Actor(Author("console", "/console/enrolment", "enrolment"))


@dataclass(frozen=True, slots=True)
class Walker:
    """:param name: masked, as the phone is; "" where the register has none."""

    staff_id: str
    role: str
    name: str
    place: str
    phone: str


def enrolled_by() -> Actor:
    """Whoever is in. An administrator may be no member of staff: then the console asks for itself."""
    return acting() if g.who.account.staff_id else _CONSOLE


def walkers(doors: Doors) -> Sequence[Walker]:
    """Of the places of whoever is in, the first few hundred. Raises Refused, DoorAway."""
    found: list[Walker] = []
    for role in ROLES:
        asked = {"role": role}
        for _ in range(_MOST_PAGES):
            page = doors.rows("registration", "staff", acting(), asked)
            found += [_walker(row) for row in page.rows if row["active"]]
            if page.next is None:
                break
            asked = {"role": role, "after": page.next}
    return sorted(found, key=lambda one: one.staff_id)


def may_be_enrolled(doors: Doors, staff_ids: Iterable[str]) -> Mapping[str, Walker]:
    """Those of these who go from door to door at the places of whoever is in. Raises Refused, DoorAway."""
    found = {}
    for staff_id in staff_ids:
        for row in doors.rows("registration", "staff", enrolled_by(), {"staff_id": staff_id}).rows:
            if row["active"] and row["role"] in ROLES:
                found[staff_id] = _walker(row)
    return found


def named(doors: Doors, walkers: Iterable[Walker]) -> Sequence[Walker]:
    """With their names and those of their places, by place: slips are handed out there. Who may not ask for
    names, or when nobody can say them, has them as they were.
    """
    known = list(walkers)
    wanted = {"staff": [one.staff_id for one in known], "places": []}
    try:
        found = doors.look_up("registration", "names", acting(), wanted) if g.who.account.staff_id else {}
    except (DoorAway, Refused):
        found = {}
    staff, places = found.get("staff", {}), found.get("places", {})
    for number, one in enumerate(known):
        name = staff.get(one.staff_id, {}).get("name") or one.name
        known[number] = replace(one, name=name, place=places.get(one.place, {}).get("name") or one.place)
    return sorted(known, key=lambda one: (one.place, one.staff_id))


def _walker(row: Mapping[str, Any]) -> Walker:
    return Walker(row["staff_id"], row["role"], row["name"] or "", row["place"], row["phone"] or "")

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
from services.console.pages.shown.rows import Viewer

ROLES: Final = ("grid_worker", "health_worker", "community_cadre")
"""Who goes from door to door. A PIN is too little for whoever decides: officers have a password and codes."""
_MOST_PAGES: Final = 6
_AT_ONCE: Final = 500
"""Names that the register says in one answer."""
_FEW: Final = 20
"""More are looked for in the list, not one by one."""
_BELOW_COMMUNITY: Final = "grid"
_CONSOLE: Final = Actor(Author("console", "/console/enrolment", "enrolment"))


@dataclass(frozen=True, slots=True)
class Walker:
    """:param name: masked, as the phone is; "" where the register has none.
    :param community: in which the place lies, or the place itself; "" where nobody has asked for names.
    """

    staff_id: str
    role: str
    name: str
    place: str
    phone: str
    community: str = ""


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
    wanted = list(staff_ids)
    many = g.who.account.staff_id and len(wanted) > _FEW
    listed = {one.staff_id: one for one in walkers(doors)} if many else {}
    found = {id: listed[id] for id in wanted if id in listed}
    for staff_id in [id for id in wanted if id not in listed]:
        for row in doors.rows("registration", "staff", enrolled_by(), {"staff_id": staff_id}).rows:
            if row["active"] and row["role"] in ROLES:
                found[staff_id] = _walker(row)
    return found


def named(doors: Doors, walkers: Iterable[Walker]) -> Sequence[Walker]:
    """With their names and those of their places, by community and place: slips are handed out there. Who may
    not ask for names, or when nobody can say them, has them as they were.
    """
    known = list(walkers)
    found = _names(doors, staff=[one.staff_id for one in known])
    staff, places = found.get("staff", {}), found.get("places", {})
    above = {place["parent"] for place in places.values() if place["level"] == _BELOW_COMMUNITY}
    places = _names(doors, places=[id for id in above if id]).get("places", {}) | places
    for number, one in enumerate(known):
        name = staff.get(one.staff_id, {}).get("name") or one.name
        place = places.get(one.place, {})
        own = place.get("name") or one.place
        parent = places.get(place.get("parent")) if place.get("level") == _BELOW_COMMUNITY else None
        known[number] = replace(one, name=name, place=own, community=(parent or {}).get("name") or own)
    return sorted(known, key=lambda one: (one.community, one.place, one.staff_id))


def _names(doors: Doors, *, staff: Sequence[str] = (), places: Sequence[str] = ()) -> Mapping[str, Any]:
    """What the register calls them; nothing where nobody can say it."""
    if not g.who.account.staff_id or not (staff or places):
        return {}
    found: dict[str, dict[str, Any]] = {"staff": {}, "places": {}}
    me = g.who.account.staff_id
    staff = [me, *staff]
    try:
        for turn in range(0, max(len(staff), len(places)), _AT_ONCE):
            some = {"staff": staff[turn:][:_AT_ONCE], "places": places[turn:][:_AT_ONCE]}
            named = doors.look_up("registration", "names", acting(), some)
            found = {of: found[of] | named[of] for of in found}
        if named["you"]:  # the head of the page says who asks
            g.viewer = Viewer(found["staff"].get(me, {}).get("name") or me, named["you"]["role"])
    except (DoorAway, Refused):
        pass  # they stand there as they were
    return found


def _walker(row: Mapping[str, Any]) -> Walker:
    return Walker(row["staff_id"], row["role"], row["name"] or "", row["place"], row["phone"] or "")

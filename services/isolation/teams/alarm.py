"""Whoever is told at once when somebody must be looked at, at any hour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from field.ladder import Ladder
from field.places import PlaceTree
from services.isolation.teams.ladder import Informed, Whereabouts, first_on_duty, first_with_staff
from services.isolation.teams.rules import Member, Place, Staff, StaffMember, owner


def alarmed(
    team: Sequence[Member],
    role: str,
    ladder: Ladder,
    where: Whereabouts,
    places: PlaceTree[Place],
    staff: Staff,
    at: datetime,
    *,
    at_night: bool,
) -> Informed:
    """The team's member of the role, who answers for the case, and who is on duty; each of them once.

    At night only those on duty, where anybody is. Where nobody of all these is there: the lowest level of the
    ladder that has any staff.

    :param role: of whoever does the task.
    """
    awake = first_on_duty(ladder.rungs, where, places, staff, at)
    if at_night and awake:
        return awake
    own = [member.staff_id for member in team if member.role == role]
    members = _there([*own, owner(team)], staff, at)
    if not members:
        informed = awake or first_with_staff(ladder.rungs, where, places, staff, at)
        return informed or Informed(ladder.rungs[0].level, where.grid, ())
    on_duty = awake.staff if awake else ()
    members = (*members, *(member for member in on_duty if member not in members))
    return Informed(ladder.rungs[0].level, where.grid, members)


def on_duty(role: str, staff: Staff, at: datetime) -> tuple[StaffMember, ...]:
    """The staff of a role, of whatever place, who are on duty; where nobody is, all of them.

    For whoever is away: the deputy.
    """
    ids = [who for (of_role, _), at_place in staff.roster.items() if of_role == role for who in at_place]
    awake = tuple(m for who in ids if (m := staff.active(who)) is not None and m.is_on_duty(at))
    return awake or _there(ids, staff, at)


def those(staff_ids: Iterable[str], level: str, place: str | None, staff: Staff) -> Informed:
    """These members of staff, as far as they are known."""
    return Informed(level, place, tuple(m for id in staff_ids if (m := staff.by_id.get(id)) is not None))


def _there(staff_ids: Iterable[str | None], staff: Staff, at: datetime) -> tuple[StaffMember, ...]:
    there = {member.staff_id: member for id in staff_ids if (member := staff.there(id, at)) is not None}
    return tuple(there.values())

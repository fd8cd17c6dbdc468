"""The staff that a rung of the ladder has for a case: they are informed of what is overdue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from field.ladder import Ladder, Rung
from field.places import PlaceTree
from field.words import RUNG_OF_ROLE
from services.isolation.teams.rules import Place, Staff, StaffMember


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The places of a case, and the worker who is informed first."""

    street: str | None
    community: str | None
    grid: str | None
    worker: str | None

    def at_level(self, level: str) -> str | None:
        """The place of this level, as far as the case itself names one."""
        return {"street": self.street, "community": self.community}.get(level)


@dataclass(frozen=True, slots=True)
class Informed:
    """The staff of one level who are informed."""

    level: str
    place: str | None
    staff: tuple[StaffMember, ...]

    def as_data(self) -> dict[str, object]:
        """As task.overdue carries it, under `tell`."""
        staff = [
            {"staff_id": s.staff_id, "role": s.role, "contact": s.person, "language": s.language}
            for s in self.staff
        ]
        return {"level": self.level, "place": self.place, "staff": staff}


def informed_at(
    ladder: Ladder,
    step: int,
    where: Whereabouts,
    places: PlaceTree[Place],
    staff: Staff,
    at: datetime,
    *,
    at_night: bool = False,
) -> Informed | None:
    """The level of this step and its staff. Where it has none: the next level up that has staff, or else the
    highest one below. None: no level has any.

    :param at_night: whoever is on duty is informed, at the lowest level from this one on that has anybody on
        duty; where nobody is, it is as by day.
    """
    rungs = ladder.rungs
    begins = rungs.index(ladder.at(step))
    if at_night and (awake := first_on_duty(rungs[begins:], where, places, staff, at)):
        return awake
    return first_with_staff((*rungs[begins:], *reversed(rungs[:begins])), where, places, staff, at)


def first_with_staff(
    rungs: Iterable[Rung], where: Whereabouts, places: PlaceTree[Place], staff: Staff, at: datetime
) -> Informed | None:
    """The first of these rungs that has any active staff for the case. For whoever is away: the deputy."""
    chain = places.upward(where.grid, where.community, where.street)
    for rung in rungs:
        if rung.level == "worker":
            place, ids = where.grid, [where.worker]
        else:
            place = places.at_level(rung.level, chain) or where.at_level(rung.level)
            ids = [who for role in rung.roles for who in staff.roster.get((role, place or ""), ())]
        there = {member.staff_id: member for who in ids if (member := staff.there(who, at)) is not None}
        if there:
            return Informed(rung.level, place, tuple(there.values()))
    return None


def at_levels(
    levels: Sequence[str],
    ladder: Ladder,
    where: Whereabouts,
    places: PlaceTree[Place],
    staff: Staff,
    at: datetime,
) -> list[StaffMember]:
    """The staff of these levels, in the roles that the ladder names; nobody of a level that it does not."""
    rungs = (rung for rung in ladder.rungs if rung.level in levels)
    informed = (first_with_staff([rung], where, places, staff, at) for rung in rungs)
    return [member for one in informed if one for member in one.staff]


def first_on_duty(
    rungs: Iterable[Rung], where: Whereabouts, places: PlaceTree[Place], staff: Staff, at: datetime
) -> Informed | None:
    """The first of these rungs of which anybody is on duty.

    Of the workers' rung, any worker of the grid or the community.
    """
    chain = places.upward(where.grid, where.community, where.street)
    for rung in rungs:
        roles: Iterable[str] = rung.roles
        of_rung = [places.at_level(rung.level, chain) or where.at_level(rung.level)]
        if rung.level == "worker":
            roles = [role for role, level in RUNG_OF_ROLE.items() if level == rung.level]
            of_rung = [where.grid, where.community]
        for place in filter(None, of_rung):
            ids = [who for role in roles for who in staff.roster.get((role, place), ())]
            awake = tuple(m for who in ids if (m := staff.active(who)) is not None and m.is_on_duty(at))
            if awake:
                return Informed(rung.level, place, awake)
    return None

"""The staff that a rung of the ladder has for a case: they are informed of what is overdue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from field.ladder import Ladder, Rung
from field.places import PlaceTree
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
    ladder: Ladder, step: int, where: Whereabouts, places: PlaceTree[Place], staff: Staff
) -> Informed | None:
    """The level of this step and its staff. Where it has none: the next level up that has staff, or else the
    highest one below. None: no level has any.
    """
    rungs = ladder.rungs
    at = rungs.index(ladder.at(step))
    return first_with_staff((*rungs[at:], *reversed(rungs[:at])), where, places, staff)


def first_with_staff(
    rungs: Iterable[Rung], where: Whereabouts, places: PlaceTree[Place], staff: Staff
) -> Informed | None:
    """The first of these rungs that has any active staff for the case."""
    chain = places.upward(where.grid, where.community, where.street)
    for rung in rungs:
        if rung.level == "worker":
            place, ids = where.grid, [where.worker]
        else:
            place = places.at_level(rung.level, chain) or where.at_level(rung.level)
            ids = [who for role in rung.roles for who in staff.roster.get((role, place or ""), ())]
        members = tuple(member for who in ids if (member := staff.active(who)) is not None)
        if members:
            return Informed(rung.level, place, members)
    return None

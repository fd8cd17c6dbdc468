"""The team of a case: one member of staff for each role that the policy names, from as near as possible."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from field.presence import MOST_DEPUTIES, is_within
from field.words import RUNG_OF_ROLE, RUNGS


class Member(NamedTuple):
    """A member of staff in a role of a case's team."""

    role: str
    staff_id: str


@dataclass(frozen=True, slots=True)
class Place:
    parent: str | None
    level: str
    name: str


@dataclass(frozen=True, slots=True)
class StaffMember:
    staff_id: str
    role: str
    place: str
    person: str
    """Sealed; passed on, never opened here."""
    language: str
    active: bool
    replaced_by: str | None = None
    """Of somebody who has left: who goes on with all that is open."""
    away_from: datetime | None = None
    away_to: datetime | None = None
    """With `away_from` and without this: until further notice."""
    deputy: str | None = None
    """Who does their work while they are away."""
    duty_from: datetime | None = None
    duty_to: datetime | None = None

    @property
    def level(self) -> str:
        """The level of the ladder at which they stand."""
        return RUNG_OF_ROLE.get(self.role, RUNGS[0])

    def is_away(self, at: datetime) -> bool:
        return is_within(at, self.away_from, self.away_to)

    def is_on_duty(self, at: datetime) -> bool:
        """Whether a duty is named for them then; without any they are there as always, and not on duty."""
        return is_within(at, self.duty_from, self.duty_to) and not self.is_away(at)


Roster = Mapping[tuple[str, str], Sequence[str]]
"""(role, place) -> active staff there."""


@dataclass(frozen=True, slots=True)
class Staff:
    """All staff, and the active ones by role and place."""

    revision: int
    by_id: Mapping[str, StaffMember]
    roster: Roster

    def active(self, staff_id: str | None) -> StaffMember | None:
        """This member of staff, if known and active."""
        member = self.by_id.get(staff_id) if staff_id else None
        return member if member is not None and member.active else None

    def there(self, staff_id: str | None, at: datetime) -> StaffMember | None:
        """This member of staff, or while they are away the deputy; None: neither is there."""
        member = self.active(staff_id)
        for _ in range(1 + MOST_DEPUTIES):
            if member is None or not member.is_away(at):
                return member
            member = self.active(member.deputy)
        return None

    def going_on(self, staff_id: str) -> StaffMember | None:
        """This member of staff while active; then whoever was named to go on in their place, if anybody."""
        for _ in self.by_id:
            member = self.by_id.get(staff_id)
            if member is None or member.active:
                return member
            staff_id = member.replaced_by or ""
        return None


def nearest(role: str, places: Sequence[str], roster: Roster) -> Sequence[str]:
    """The staff with this role at the nearest place that has any.

    :param places: from the nearest up: grid, community, street and what is above.
    """
    for place in places:
        staff = roster.get((role, place))
        if staff:
            return staff
    return ()


def choose(
    roles: Sequence[str],
    places: Sequence[str],
    roster: Roster,
    load: MutableMapping[str, int],
    *,
    given: Member | None = None,
    keep: Sequence[Member] = (),
) -> tuple[Member, ...]:
    """One member for each role, in the order of the roles; a role that nobody near has is left out.

    :param load: how many cases each member of staff has now; those given here are added to it.
    :param given: the worker that registration sent to the door, who has the case in that role.
    :param keep: members who had the case before and go on with it.
    """
    team: list[Member] = []
    kept = {member.role: member for member in keep}
    for role in roles:
        if role in kept:
            team.append(kept[role])
            continue
        if given is not None and given.role == role:
            chosen = given.staff_id
        elif staff := nearest(role, places, roster):
            chosen = min(staff, key=lambda s: (load.get(s, 0), s))
        else:
            continue
        load[chosen] = load.get(chosen, 0) + 1
        team.append(Member(role, chosen))
    return tuple(team)


def owner(team: Sequence[Member]) -> str | None:
    """The member who answers for the case: the first role of the policy that somebody near has."""
    return team[0].staff_id if team else None


def doer(role: str, team: Sequence[Member]) -> str | None:
    """The member who does a task of this role: whoever has the role, or else the owner."""
    for member in team:
        if member.role == role:
            return member.staff_id
    return owner(team)

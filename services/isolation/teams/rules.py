"""Who looks after a case: one of each role that the policy names, from as near as possible."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from typing import NamedTuple


class Member(NamedTuple):
    role: str
    staff_id: str


Roster = Mapping[tuple[str, str], Sequence[str]]
"""(role, place) -> active staff there."""


def nearest(role: str, places: Sequence[str], roster: Roster) -> Sequence[str]:
    """Who has the role at the nearest place that has anybody.

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
    """One of each role, in the order of the roles; a role that nobody near has is left out.

    :param load: cases each one has now, counted on as they are given.
    :param given: the worker registration sent to the door, who has the case in that role.
    :param keep: who had the case before and goes on with it.
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
    """Who answers for the case: the first role of the policy that was found."""
    return team[0].staff_id if team else None


def doer(role: str, team: Sequence[Member]) -> str | None:
    """Who does a task of this role: the member who has it, or else the owner."""
    for member in team:
        if member.role == role:
            return member.staff_id
    return owner(team)

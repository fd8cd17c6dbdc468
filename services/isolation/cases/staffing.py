"""The team of a case: chosen for its measure and its place, kept as far as it can go on."""

from __future__ import annotations

from collections.abc import Collection, MutableMapping, Sequence
from datetime import datetime

from field.places import PlaceTree
from services.isolation.cases.case import Arrival, Case
from services.isolation.cases.story import Standing
from services.isolation.teams.rules import Member, Place, Staff, choose, nearest


def places_of(arrival: Arrival, places: PlaceTree[Place]) -> tuple[str, ...]:
    """The places of a case from the nearest up: grid, community, street and what is above."""
    return places.upward(arrival.grid, arrival.community, arrival.street)


def district_of(chain: Sequence[str], places: PlaceTree[Place]) -> str | None:
    """:param chain: `places_of` a case."""
    return places.at_level("district", chain)


def roles_of(stands: Standing) -> tuple[str, ...]:
    """All roles among which a team may be chosen."""
    return stands.rule.care_team + stands.policy.stand_ins


def choose_team(
    arrival: Arrival,
    stands: Standing,
    places: Sequence[str],
    staff: Staff,
    load: MutableMapping[str, int],
    keep: Sequence[Member] = (),
) -> tuple[Member, ...]:
    """One member for each role of the measure. Where nobody near has any of these roles, one member of those
    who answer for the community.
    """
    team = choose(
        stands.rule.care_team, places, staff.roster, load, given=sent_worker(arrival, staff), keep=keep
    )
    return team or choose(stands.policy.stand_ins, places, staff.roster, load, keep=keep)[:1]


def sent_worker(arrival: Arrival, staff: Staff) -> Member | None:
    """The worker that registration sent to the door, if we know of an active one."""
    member = staff.active(arrival.worker)
    return Member(member.role, member.staff_id) if member else None


def kept_members(before: Case, arrival: Arrival, places: PlaceTree[Place], staff: Staff) -> list[Member]:
    """The members who go on with a case: nobody if it moved to another place, nobody who left, and not the
    worker at the door in whose place registration sent another.

    A place that was dissolved into another is no other place. Whoever was named to go on in the place of a
    member who left goes on. When registration sends another for a worker who left, the member who took over
    from him goes on.
    """
    if not is_at_same_place(before.arrival, arrival, places):
        return []
    was, sent = before.arrival, sent_worker(arrival, staff)
    replaced = (sent.role, was.worker) if sent and sent.staff_id != was.worker else None
    return [
        Member(member.role, who.staff_id)
        for member in before.team
        if member != replaced and (who := staff.going_on(member.staff_id)) is not None
    ]


def is_at_same_place(one: Arrival, other: Arrival, places: PlaceTree[Place]) -> bool:
    return _where(one, places) == _where(other, places)


def is_elsewhere(one: Arrival, other: Arrival, places: PlaceTree[Place]) -> bool:
    """Whether a place that was known is another now; one that becomes known only says more."""
    pairs = zip(_where(one, places), _where(other, places), strict=True)
    return any(before is not None and before != after for before, after in pairs)


def _where(arrival: Arrival, places: PlaceTree[Place]) -> tuple[str | None, ...]:
    """Places that have ended count as the ones that answer for them now."""
    return tuple(places.now(place) for place in (arrival.street, arrival.community, arrival.grid))


def is_anybody_near(arrival: Arrival, roles: Collection[str], places: Sequence[str], staff: Staff) -> bool:
    """Whether anybody near has one of the roles; if not, the case waits for the next change of staff."""
    sent = sent_worker(arrival, staff)
    return (sent is not None and sent.role in roles) or any(
        nearest(role, places, staff.roster) for role in roles
    )


def roles_lacking(team: Sequence[Member], stands: Standing) -> tuple[str, ...]:
    """Roles of the measure that the team has nobody for."""
    filled = {member.role for member in team}
    return tuple(role for role in stands.rule.care_team if role not in filled)


def unassigned_since(case: Case, team: Sequence[Member], now: datetime) -> datetime | None:
    """Without an owner a case waits for one, from now on if it did not wait before."""
    return None if team else case.unassigned_since or now

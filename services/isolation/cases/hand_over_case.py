"""An officer gives a case to another owner, or its team another member."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.words import ROLES
from services.isolation.cases.case import Case
from services.isolation.cases.events import change_data, differences, member_data
from services.isolation.cases.in_hand import CasesInHand, cases_in_hand
from services.isolation.cases.staffing import places_of, roles_lacking, unassigned_since
from services.isolation.cases.tables import case_history
from services.isolation.plans.replanning import handed_over
from services.isolation.teams.rules import Member, StaffMember, owner

_REASON = "handed_over"


def hand_over_case(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Put the new member in the place of the one who had the role, with the open tasks of the role."""
    with cases_in_hand(uow, (said.data["case_id"] for said in commands)) as hand:
        return each_in_turn(commands, lambda said: _hand_over(hand, said))


def _hand_over(hand: CasesInHand, said: Said) -> Outcome:
    before = hand.case(said, said.data["case_id"])
    if said.data["expects"] != before.version or before.closed_at is not None:
        raise Refused.conflict("expects", _now(hand, before))
    member = _member(hand, said, before)
    role = _role(said, member)
    team = _team(before.team, Member(role, member.staff_id))
    if team == before.team:
        return Outcome.not_noted(case_id=before.case_id, version=before.version, owner=before.owner)
    stands = hand.book.standing(before)
    case = replace(
        before,
        version=before.version + 1,
        team=team,
        team_lacks=roles_lacking(team, stands),
        unassigned_since=unassigned_since(before, team, hand.uow.now),
        staff_seen=hand.book.reference.staff.revision,
    )
    hand.book.loads.take(before.team)
    hand.book.loads.give(team)
    hand.change_tasks(before, handed_over(hand.tasks(before), team))
    former = next((member.staff_id for member in before.team if member.role == role), None)
    detail: dict[str, Any] = {"role": role, "from": former, "to": member.staff_id}
    detail |= {"staff_id": said.author.staff_id, **differences(before, case)}
    if note := said.data["note"]:
        detail["note"] = hand.uow.sealer.seal(note, "note")
    case = hand.change(said, case, "handed_over", **detail)
    _tell(hand, said, before, case)
    return Outcome.done(case_id=case.case_id, version=case.version, owner=case.owner)


def _member(hand: CasesInHand, said: Said, case: Case) -> StaffMember:
    """Whoever takes over. Raises Refused where that is nobody who works near, or is away."""
    reference = hand.book.reference
    member = reference.staff.active(said.data["to"])
    at = reference.places.now(member.place) if member else None
    if member is None or at not in places_of(case.arrival, reference.places):
        message = "nobody with this staff_id works at a place of the case"
        raise Refused.invalid([Fault("to", "not_of_this_place", message)])
    if member.is_away(hand.uow.now):
        raise Refused.invalid([Fault("to", "away", "they are away now: name somebody who is there")])
    return member


def _role(said: Said, member: StaffMember) -> str:
    """The one in the team. Raises Refused where it is a word of nobody's."""
    role: str = said.data["role"] or member.role
    if role not in ROLES:
        raise Refused.invalid([Fault("role", "unknown_role", f"must be one of {', '.join(ROLES)}")])
    return role


def _team(team: Sequence[Member], joins: Member) -> tuple[Member, ...]:
    """In the place of the member with the role; where the team has none, as one more at its end."""
    if any(member.role == joins.role for member in team):
        return tuple(joins if member.role == joins.role else member for member in team)
    return (*team, joins)


def _tell(hand: CasesInHand, said: Said, before: Case, case: Case) -> None:
    """The new owner and the resident, where the owner is another; the former one learns of it too."""
    book = hand.book
    stands = book.standing(case)
    is_other = owner(case.team) != before.owner
    former = book.reference.staff.active(before.owner) if is_other else None
    kinds = ["assigned", *(["handed_on"] if former else [])] if is_other else ["details"]
    change = change_data(kinds, before, _REASON, case.team)
    if former:
        change["previous_owner"] = member_data(former.role, former.staff_id, book.reference.staff)
    live = [task for task in hand.tasks(case) if task.live]
    book.publish("case.changed", case, stands, live, hand.cause(said, case), change)


def _now(hand: CasesInHand, case: Case) -> str:
    """How the case stands, for a page that shows both."""
    h = case_history.c
    last = hand.uow.conn.execute(
        select(h.what, h.at).where(h.case_id == case.case_id).order_by(h.number.desc()).limit(1)
    ).one_or_none()
    what = f": {last.what} at {last.at.isoformat(timespec='seconds')}" if last else ""
    return f"the case is {case.state}, at version {case.version}{what}"

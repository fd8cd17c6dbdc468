"""An officer releases somebody: the case ends, and nothing is asked of them any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from services.isolation.cases import states
from services.isolation.cases.case import Case
from services.isolation.cases.events import change_data, differences
from services.isolation.cases.in_hand import CasesInHand, cases_in_hand
from services.isolation.cases.release_checks import is_at_its_end
from services.isolation.policies.rules import CONFIRM_RELEASE
from services.isolation.release.facts import facts_of
from services.isolation.release.rules import lacks

_RELEASED = "released"


def decide_case(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """End each case whose release is decided, by what is known now; resident and worker are told."""
    with cases_in_hand(uow, (said.data["case_id"] for said in commands)) as hand:
        return each_in_turn(commands, lambda said: _release(hand, said))


def _release(hand: CasesInHand, said: Said) -> Outcome:
    before = hand.case(said, said.data["case_id"])
    if said.data["expects"] != before.version or before.closed_at is not None:
        raise Refused.conflict("expects", f"the case is {before.state}, at version {before.version}")
    if held := _holds(hand, before):
        message = f"not to be released yet: {', '.join(held)}"
        raise Refused("conflict", [Fault("decision", f"held_by_{what}", message) for what in held])
    case = before
    for task in hand.tasks(before):
        if task.kind == CONFIRM_RELEASE and task.live:
            hand.done(said, case, task)
    hand.change_tasks(before, [task.cancelled() for task in hand.tasks(before) if task.live])
    if case.state != states.RELEASE_REVIEW:
        case = replace(case, state=states.CASE.move(case.state, states.RELEASE_REVIEW))
    case = replace(
        case,
        version=before.version + 1,
        state=states.CASE.move(case.state, states.RELEASED),
        plan_next=None,
        unassigned_since=None,
        closed_at=hand.uow.now,
    )
    hand.book.loads.take(before.team)
    detail = {"staff_id": said.author.staff_id, **differences(before, case)}
    if note := said.data["note"]:
        detail["note"] = hand.uow.sealer.seal(note, "note")
    case = hand.change(said, case, _RELEASED, **detail)
    change = change_data([_RELEASED], before, _RELEASED, before.team)
    hand.book.publish("case.changed", case, hand.book.standing(case), [], hand.cause(said, case), change)
    return Outcome.done(case_id=case.case_id, version=case.version, state=case.state)


def _holds(hand: CasesInHand, case: Case) -> tuple[str, ...]:
    """What holds them by what is known now: a proposal may be older than the last result."""
    if not is_at_its_end(case):
        return ("days",)
    facts = facts_of(hand.uow, [case], {case.case_id: hand.tasks(case)})
    return lacks(hand.book.standing(case).rule.release, facts[case.case_id])

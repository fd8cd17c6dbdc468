"""An officer decides about a case: it ends, goes on as that of somebody who refuses or whom another district
is asked to take over, or opens again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import select

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.database.statements import is_in, update_rows
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.days import local_day
from services.isolation.cases import states
from services.isolation.cases.case import Case
from services.isolation.cases.decisions import (
    DECISIONS,
    FOLLOWED_ELSEWHERE,
    MOVE_TO_CENTRAL,
    NOT_TAKEN_OVER,
    REFUSE,
    RELEASE,
    REOPEN,
    TAKEN_OVER,
    TRANSFER,
    Decision,
    faults_of,
    kinds_of_change,
    permit,
)
from services.isolation.cases.ending import UNSEEN, ended
from services.isolation.cases.events import differences
from services.isolation.cases.in_hand import CasesInHand, cases_in_hand
from services.isolation.cases.merged import known_as
from services.isolation.cases.release_checks import is_at_its_end
from services.isolation.cases.revise_cases import Occasion, revise_cases, was_met
from services.isolation.cases.revising import REOPENED, Change, home_from_hospital, next_stage
from services.isolation.cases.story import Chapter
from services.isolation.cases.tables import case_history
from services.isolation.cases.unplanned import officers_task
from services.isolation.central.beds import any_beds
from services.isolation.central.leave_centre import leave_centre, must_leave_nobody_alone
from services.isolation.notices import witnesses
from services.isolation.notices.tables import refusals
from services.isolation.plans.task import Task
from services.isolation.policies.rules import CONFIRM_TRANSFER, SETTLE_REFUSAL, Rule
from services.isolation.release.codes import await_codes
from services.isolation.release.facts import facts_of
from services.isolation.release.rules import lacks
from services.isolation.tests.followed import came_back, look_again, results_of
from services.isolation.tests.judged import confirmed
from services.isolation.transfers.ask_district import ask_district, settle_transfer

_CAME_BACK: Final = "came_back"
_ENDS: Final = tuple(decision.told for decision in DECISIONS.values() if decision.to in states.CLOSED)


def decide_case(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Carry out each decision, by what is known now; whoever it concerns is told by case.changed."""
    with cases_in_hand(uow, (said.data["case_id"] for said in commands)) as hand:
        outcomes = each_in_turn(commands, lambda said: _decide(hand, said))
        look_again(uow.conn, hand.ids, uow.now)
        done = [outcome.result for outcome in outcomes if outcome.kind == "done"]
        await_codes(uow, {one["case_id"] for one in done if one["state"] == states.RELEASED})
    return outcomes


def _decide(hand: CasesInHand, said: Said) -> Outcome:
    name = said.data["decision"]
    before = hand.case(said, said.data["case_id"])
    if said.data["expects"] != before.version:
        raise Refused.conflict("expects", f"the case is {before.state}, at version {before.version}")
    asked = bool(_live(hand, before, CONFIRM_TRANSFER))
    decision = permit(name, before, hand.uow.now, asked=asked)
    if faults := [*faults_of(said.data, before.state), *_faults_of_witness(hand, said)]:
        raise Refused.invalid(faults)
    if name == MOVE_TO_CENTRAL and any_beds(hand.uow.conn):
        message = "centres are registered: choose one in which a bed is free, and it is held for them"
        raise Refused("conflict", [Fault("decision", "choose_a_bed", message)])
    if name in (RELEASE, REOPEN) or said.data["because"] == FOLLOWED_ELSEWHERE:
        must_leave_nobody_alone(hand, before)
    if name == RELEASE and (to_come := hand.book.standing(before).to_come):
        message = _what_follows(before, to_come[0].rule)
        raise Refused("conflict", [Fault("decision", "another_stage", message)])
    if name == RELEASE and (held := _holds(hand, before)):
        message = f"not to be released yet: {', '.join(held)}"
        raise Refused("conflict", [Fault("decision", f"held_by_{what}", message) for what in held])
    if name == REFUSE and not _refusals(hand, before):
        message = "no refusal of theirs is recorded: report it first, with what would help"
        raise Refused("conflict", [Fault("decision", "no_refusal", message)])
    if name == REOPEN:
        return _reopen(hand, said, before)
    carry_out = _end if decision.to in states.CLOSED else _go_on
    case = carry_out(hand, said, before, decision)
    return Outcome.done(case_id=case.case_id, version=case.version, state=case.state)


def _end(hand: CasesInHand, said: Said, before: Case, decision: Decision) -> Case:
    """Nothing is asked of them here any more: what is still to be done is taken back."""
    _settle(hand, said, before, decision)
    if said.data["decision"] == TAKEN_OVER:
        settle_transfer(hand, said, before, TAKEN_OVER)
    case, more = ended(hand, before, decision.to)
    leave_centre(hand, said, before)
    return _tell(hand, said, before, case, decision, **more)


def _go_on(hand: CasesInHand, said: Said, before: Case, decision: Decision) -> Case:
    """They are followed as before; of whoever refuses, or is to be taken over by another district, an officer
    has a task until that is decided.
    """
    _settle(hand, said, before, decision)
    case, name = before, said.data["decision"]
    if name == TRANSFER:
        case = ask_district(hand, said, case)
    elif name == NOT_TAKEN_OVER:
        case = settle_transfer(hand, said, case, NOT_TAKEN_OVER)
    if decision.to == states.REFUSED and not _live(hand, case, SETTLE_REFUSAL):
        asked, about = hand.book.policy(case).settle_refusal, f"refused:{case.version + 1}"
        task = officers_task(hand.book, case, asked, about=about)
        case = hand.add_task(said, case, task)
        _is_settled_by(hand, case, task)
    after = replace(case, state=states.CASE.move(case.state, decision.to)) if decision.to else case
    return _tell(hand, said, case, after, decision)


def _is_settled_by(hand: CasesInHand, case: Case, task: Task) -> None:
    """Their last refusal is settled by this task: what holds them, and is planned again, goes by it."""
    last = next(iter(_refusals(hand, case)))
    row = {"case_id": last.case_id, "refusal_id": last.refusal_id, "task_id": task.task_id}
    update_rows(hand.uow.conn, refusals, [row], key=["case_id", "refusal_id"], set=["task_id"])


def _reopen(hand: CasesInHand, said: Said, before: Case) -> Outcome:
    """Planned anew from today, with the team that can go on; what a measure begins with and nobody did has
    its terms from now on, and whoever was met once is not asked to be met for the first time.

    What their household needs and refuses is planned again by a timer (households/plan_again.py).
    """
    detail = {"staff_id": said.author.staff_id, "because": said.data["because"], **_noted(hand, said)}
    case = hand.add_line(said, before, REOPENED, **detail)
    leave_centre(hand, said, before)
    chapters = _begun_at_home(hand, before) if said.data["because"] == _CAME_BACK else ()
    change = Change(REOPENED, chapters, from_today=True, reopened=True, again=_unseen(hand, before))
    revise_cases(hand.book, [Occasion(case, change, hand.cause(said, case))])
    if before.state == states.MOVED_TO_HOSPITAL and said.data["because"] == _CAME_BACK:
        came_back(hand.uow.conn, case.case_id, before.closed_at or hand.uow.now, hand.uow.now)
    state = states.ACTIVE if was_met(hand.tasks(before)) else states.OPEN
    return Outcome.done(case_id=case.case_id, version=case.version + 1, state=state)


def _begun_at_home(hand: CasesInHand, case: Case) -> tuple[Chapter, ...]:
    """What they go on with: whoever was positive and comes home from hospital, as one of those; and whoever
    comes home from a centre when its days are full, with the stage that follows.
    """
    if case.state == states.MOVED_TO_HOSPITAL:
        whose = dict.fromkeys(known_as(hand.uow.conn, case.case_id), case.case_id)
        was_positive = confirmed(results_of(hand.uow, whose).get(case.case_id, ()))
        # What becomes known later is seen to by positives/discharged.py.
        return (home_from_hospital(case, hand.uow.now),) if was_positive else ()
    stands, today = hand.book.standing(case), hand.book.present.today
    full = case.state == states.MOVED_TO_CENTRAL and stands.to_come and stands.release_on <= today
    return (next_stage(case, stands, hand.uow.now),) if full else ()


def _what_follows(case: Case, stage: Rule) -> str:
    follows = f"{stage.days} days of {stage.measure} follow"
    if case.state == states.MOVED_TO_CENTRAL:
        return f"{follows}: open the case again as they come home"
    return f"{follows}, which begin by themselves when nothing holds them"


def _unseen(hand: CasesInHand, case: Case) -> frozenset[str]:
    """Nobody has looked at them since: what took that task back was the end of the case."""
    h = case_history.c
    ends = select(h.detail).where(h.case_id == case.case_id, h.what.in_(_ENDS)).order_by(h.number.desc())
    detail = hand.uow.conn.execute(ends.limit(1)).scalar() or {}
    return frozenset(detail.get(UNSEEN, ()))


def _settle(hand: CasesInHand, said: Said, case: Case, decision: Decision) -> None:
    for kind in decision.settles:
        for task in _live(hand, case, kind):
            hand.done(said, case, task)


def _live(hand: CasesInHand, case: Case, *kinds: str) -> list[Task]:
    return [task for task in hand.tasks(case) if task.kind in kinds and task.live]


def _tell(hand: CasesInHand, said: Said, before: Case, after: Case, decision: Decision, **more: Any) -> Case:
    detail = {
        "by": said.author.source,
        "at": said.at,
        "staff_id": said.author.staff_id,
        **differences(before, after),
        **{name: said.data[name] for name in ("because", "witness") if said.data[name]},
        **_noted(hand, said),
        **more,
    }
    kinds = kinds_of_change(said.data["decision"], said.data["because"])
    return hand.tell(before, after, decision.told, said.event, kinds, decision.told, detail)


def _noted(hand: CasesInHand, said: Said) -> dict[str, str]:
    """What was said in words, sealed together."""
    words = {name: said.data[name] for name in ("place", "escort", "note") if said.data[name]}
    return {"note": hand.uow.sealer.seal(words, "note")} if words else {}


def _faults_of_witness(hand: CasesInHand, said: Said) -> list[Fault]:
    witness, staff = said.data["witness"], hand.book.reference.staff
    return witnesses.faults_of(witness, said.author.staff_id, staff, needed=False)


def _refusals(hand: CasesInHand, case: Case) -> Sequence[Any]:
    """Theirs, the last one first, also those that were recorded at a case that ended merged in this one."""
    conn, r = hand.uow.conn, refusals.c
    theirs = is_in(conn, r.case_id, known_as(conn, case.case_id))
    found = select(r.case_id, r.refusal_id).where(theirs).order_by(r.at.desc(), r.refusal_id)
    return conn.execute(found).all()


def _holds(hand: CasesInHand, case: Case) -> tuple[str, ...]:
    """What holds them by what is known now: a proposal may be older than the last result. Of whoever is in
    central isolation the site knows more: nobody is held here but by the days.
    """
    if case.state == states.MOVED_TO_CENTRAL:
        return () if local_day(hand.uow.now, hand.uow.zone) >= case.release_on else ("days",)
    if not is_at_its_end(case):
        return ("days",)
    facts = facts_of(hand.uow, [case], {case.case_id: hand.tasks(case)})
    return lacks(hand.book.standing(case).rule.release, facts[case.case_id])

"""An officer takes an acknowledgement of many tasks back, before what it set off leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Refused
from services.isolation.cases.case import Case
from services.isolation.cases.in_hand import CasesInHand, act_of, cases_in_hand
from services.isolation.plans.acts import ACKNOWLEDGED, TAKE_BACK_WITHIN, TAKEN_BACK, Act
from services.isolation.plans.task import Task
from services.isolation.tasks.finding import cases_of_tasks, in_utc, named


def take_back_acknowledgement(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Each task goes on as if its acknowledgement had not been said; the first stays in history with this.

    - `taken_back`;
    - `too_late`: more than two minutes have passed since it was acknowledged;
    - `not_acknowledged`: not by this author with this command; `unknown`: no such task, or not for them.
    """
    case_of = cases_of_tasks(uow.conn, (id for said in commands for id in said.data["task_ids"]))
    with cases_in_hand(uow, case_of.values()) as hand:
        return each_in_turn(commands, lambda said: _take_back(hand, case_of, said))


def _take_back(hand: CasesInHand, case_of: Mapping[str, str], said: Said) -> Outcome:
    ids = list(dict.fromkeys(said.data["task_ids"]))
    became: dict[str, dict[str, Any]] = {}
    cases: dict[str, Case] = {}
    for id in ids:
        try:
            case, task = named(hand, said, case_of, id)
        except Refused:
            became[id] = _became(id, "unknown")
            continue
        became[id] = _one(hand, said, case, task)
        if became[id]["became"] == TAKEN_BACK:
            cases[case.case_id] = case
    if all(one["became"] == "unknown" for one in became.values()):
        raise Refused.unknown("task", ids[0])
    for case in cases.values():
        of_case = [one for id, one in became.items() if case_of.get(id) == case.case_id]
        hand.add_line(said, case, "acknowledgement_taken_back", tasks=of_case, staff_id=said.author.staff_id)
    result = {"tasks": list(became.values())}
    return Outcome.done(**result) if cases else Outcome.not_noted(**result)


def _one(hand: CasesInHand, said: Said, case: Case, task: Task) -> dict[str, Any]:
    acknowledged = _acknowledgement(task, said)
    if acknowledged is None:
        return _became(task.task_id, "not_acknowledged")
    # By the clock of the service: whoever takes it back late does not say when they did.
    if hand.uow.now > acknowledged.at + TAKE_BACK_WITHIN:
        return _became(task.task_id, "too_late")
    after = hand.report(said, case, task, act_of(said, TAKEN_BACK, of=acknowledged.id))
    return {**_became(task.task_id, TAKEN_BACK), "next_step_at": in_utc(after.next_step_at)}


def _acknowledgement(task: Task, said: Said) -> Act | None:
    """By this author, with the command that is named; not taken back already."""
    wanted = (said.author.source, said.data["acknowledgement"])
    acts = task.acts.counted if task.acts else ()
    return next((act for act in acts if act.what == ACKNOWLEDGED and act.key == wanted), None)


def _became(task_id: str, became: str) -> dict[str, Any]:
    return {"task_id": task_id, "became": became, "next_step_at": None}

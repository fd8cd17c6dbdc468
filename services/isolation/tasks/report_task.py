"""Somebody does a task, did it, could not do it, or tried in vain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from services.isolation.cases.case import Case
from services.isolation.cases.first_contact import met
from services.isolation.cases.in_hand import CasesInHand, act_of, cases_in_hand
from services.isolation.plans.acts import ATTEMPT, DONE, NOT_POSSIBLE, TAKEN, Act
from services.isolation.plans.task import FIRST_CONTACT, Task
from services.isolation.policies.rules import SEE_POSITIVE
from services.isolation.tasks.finding import (
    cases_of_tasks,
    earliest_open,
    in_utc,
    must_be_decided,
    must_end_by_report,
    named,
)
from services.isolation.tests.followed import look_again


def report_task(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Note each report with its task, and settle the task or hold its ladder to a term."""
    case_of = cases_of_tasks(uow.conn, (said.data["task_id"] for said in commands))
    cases = {*case_of.values(), *(said.data["case_id"] or "" for said in commands)}
    with cases_in_hand(uow, cases) as hand:
        outcomes = each_in_turn(commands, lambda said: _report(hand, case_of, said))
        look_again(uow.conn, _called(hand), uow.now)
    return outcomes


def _called(hand: CasesInHand) -> set[str]:
    """Cases with a call about what was found: those who live there are told once it is done."""
    tasks = (task for case_id in hand.ids if (case := hand.find(case_id)) for task in hand.tasks(case))
    return {task.case_id for task in tasks if task.kind == SEE_POSITIVE}


def _report(hand: CasesInHand, case_of: Mapping[str, str], said: Said) -> Outcome:
    if faults := list(_faults(said.data, said.at)):
        raise Refused.invalid(faults)
    case, task = _task(hand, case_of, said)
    must_end_by_report(case, task)
    if said.data["outcome"] == DONE:
        must_be_decided(task)
    after = hand.report(said, case, task, _act(hand, case, task, said))
    if task.kind == FIRST_CONTACT and said.data["outcome"] == DONE:
        case = met(hand, case, FIRST_CONTACT, said.at, said.event, said.author.source)
    hand.add_line(said, case, f"task_{said.data['outcome']}", **_told(hand, task, after, said))
    return Outcome.done(
        task_id=task.task_id,
        state=after.state,
        version=after.version,
        next_step_at=in_utc(after.next_step_at),
    )


def _faults(data: Mapping[str, Any], at: datetime) -> Iterator[Fault]:
    if not data["task_id"] and not (data["case_id"] and data["kind"]):
        yield Fault("task_id", "missing", "name the task, or its case and kind")
    if data["outcome"] == NOT_POSSIBLE and not data["because"]:
        yield Fault("because", "missing", "say why it was not possible")
    if data["because"] == "other" and not data["note"]:
        yield Fault("note", "missing", "say in words what else it was")
    if data["outcome"] == ATTEMPT and data["next_try_at"] and data["next_try_at"] <= at:
        yield Fault("next_try_at", "not_later", "the next try is later than this one")


def _task(hand: CasesInHand, case_of: Mapping[str, str], said: Said) -> tuple[Case, Task]:
    data = said.data
    if data["task_id"]:
        return named(hand, said, case_of, data["task_id"])
    case = hand.case(said, data["case_id"])
    task = earliest_open(hand.tasks(case), data["kind"], said.at)
    if task is None:
        raise Refused.unknown(f"task {data['kind']} of the case", case.case_id)
    return case, task


def _act(hand: CasesInHand, case: Case, task: Task, said: Said) -> Act:
    """With the term to which it holds the ladder."""
    data = said.data
    what = data["outcome"]
    if what == ATTEMPT:
        longest = said.at + hand.book.policy(case).terms.next_try
        return act_of(said, ATTEMPT, until=min(data["next_try_at"] or longest, longest))
    if what == NOT_POSSIBLE:
        return hand.not_possible(said, case, data["because"])
    if what == TAKEN:
        return hand.taken(said, case, task)
    return act_of(said, DONE, how=data["how"])


def _told(hand: CasesInHand, task: Task, after: Task, said: Said) -> dict[str, Any]:
    """What the case's history says of it."""
    data = said.data
    held = after.next_step_at if after.live else None
    told = {
        "task": task.task_id,
        "kind": task.kind,
        "staff_id": said.author.staff_id,
        "because": data["because"],
        "how": data["how"],
        "held_until": held,
        "note": hand.uow.sealer.seal(data["note"], "note") if data["note"] else None,
        "of_one_that_was": task.state if not task.live else None,
    }
    return {name: value for name, value in told.items() if value is not None}

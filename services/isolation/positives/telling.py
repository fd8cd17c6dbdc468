"""What is asked, and said, of whoever is positive, may be, or was by mistake."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from field.words import RUNGS
from services.isolation.cases.case import Case
from services.isolation.cases.events import alarm_data, caused_by_case
from services.isolation.cases.in_hand import CasesInHand
from services.isolation.cases.unplanned import officers_task, unplanned_task
from services.isolation.plans.task import Task
from services.isolation.policies.rules import OpeningTask
from services.isolation.teams.alarm import those


def plan(hand: CasesInHand, case: Case, asked: OpeningTask, result: str) -> tuple[Case, Task]:
    """Somebody of the team does it. Returns the case, which counts it."""
    policy, now, zone = hand.book.policy(case), hand.uow.now, hand.uow.zone
    task = unplanned_task(case, policy, asked, now, zone, about=_about(case, result))
    return _planned(hand, case, task)


def plan_for_officer(hand: CasesInHand, case: Case, asked: OpeningTask, result: str) -> tuple[Case, Task]:
    """An officer does it. Returns the case, which counts it."""
    return _planned(hand, case, officers_task(hand.book, case, asked, about=_about(case, result)))


def call_again(hand: CasesInHand, case: Case, result: str) -> Case:
    """Whoever was called hears by a call that it was a mistake."""
    policy = hand.book.policy(case)
    asked = replace(policy.call_by_phone, role=policy.see_positive.role)
    return plan(hand, case, asked, result)[0]


def tell_no_more(hand: CasesInHand, case: Case, told: Collection[str], task: Task) -> None:
    """Whoever was told, and nobody else.

    :param told: staff.
    :param task: of which they were told.
    """
    informed = those(told, RUNGS[0], case.arrival.grid, hand.book.reference.staff)
    data = alarm_data(case, task, informed) | {"task_kind": task.kind}
    del data["due_by"]
    cause = caused_by_case(hand.uow, case.case_id, case.correlation_id)
    hand.uow.record("test.urgent_corrected", task.task_id, 2, data, cause=cause)


def _planned(hand: CasesInHand, case: Case, task: Task) -> tuple[Case, Task]:
    return hand.plan(case, task, caused_by_case(hand.uow, case.case_id, case.correlation_id)), task


def _about(case: Case, result: str) -> str:
    """Taken back and found again, it is another."""
    return f"{result}:{case.history_lines + 1}"

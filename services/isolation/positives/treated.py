"""What was found before somebody came back from hospital: it holds them no more, and may have been a mistake.

Whoever lives with them, and those with whom they were, are contacts for it; they hear of a mistake whenever
that comes out. It ends the same where it came out before they went, or while they were there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.isolation.cases.case import Case
from services.isolation.cases.in_hand import CasesInHand
from services.isolation.plans import states
from services.isolation.plans.task import Task
from services.isolation.positives.rules import Treated, still_to_do_of_treated, was_mistake
from services.isolation.positives.telling import call_again, plan_for_officer, tell_no_more
from services.isolation.tests.judged import Result, judge


def see_to_treated(
    hand: CasesInHand,
    case: Case,
    row: dict[str, Any],
    results: Sequence[Result],
    tasks_of_merged: Sequence[Task],
) -> None:
    """
    :param row: of positives; it is changed.
    :param results: of samples from before they came back.
    :param tasks_of_merged: of cases that ended in this one.
    """
    if was_mistake(results) and row["result_id"] is None:
        row["contacts_at"] = hand.uow.now  # whoever of the household was told is no contact
    if row["treated_from"] is None:
        return
    tasks, policy = [*hand.tasks(case), *tasks_of_merged], hand.book.policy(case)
    stands = judge(results).positive
    listing = _followed_from(tasks, row["treated_id"], policy.list_contacts.kind)
    for step in list(still_to_do_of_treated(stands, row["treated_id"], listing.state if listing else None)):
        if step is Treated.TAKE_BACK:
            call = _followed_from(tasks, row["treated_id"], policy.see_positive.kind)
            case = _take_back(hand, case, row, call, listing)
        elif step is Treated.NOTE:
            # It is known only now, or again. Who lives with them was with them until they went.
            row["treated_id"] = stands and stands.result_id
            if row["result_id"] is None:
                row["contacts_at"] = hand.uow.now
        else:
            case, task = plan_for_officer(hand, case, policy.list_contacts, row["treated_id"])
            case = hand.hear(case, task.kind, None, task=task.task_id)


def _take_back(
    hand: CasesInHand, case: Case, row: dict[str, Any], call: Task | None, listing: Task | None
) -> Case:
    """They were in hospital by mistake: whoever was told hears so."""
    told, result = row["treated_told"] or [], row["treated_id"]
    hand.change_tasks(case, [listing.cancelled()] if listing and listing.live else [])
    if call and call.state == states.DONE and case.closed_at is None:
        case = call_again(hand, case, result)
    case = hand.hear(case, "positive_taken_back", None, result_id=result, told=told)
    if call:
        tell_no_more(hand, case, told, call)
    row |= {"treated_id": None, "treated_told": None}
    return case


def _followed_from(tasks: Sequence[Task], result_id: str | None, kind: str) -> Task | None:
    """The last task of a kind that followed from a finding."""
    found = [one for one in tasks if one.kind == kind and one.about.startswith(f"{result_id}:")]
    return max(found, key=lambda task: (task.live, task.due_from), default=None)

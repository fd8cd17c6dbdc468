"""What was found before somebody came back from hospital: it holds them no more, and may have been a mistake.

Whoever lives with them, and those with whom they were, are contacts for it; they hear of a mistake whenever
that comes out. It ends the same where it came out before they went, or while they were there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from services.isolation.cases.case import Case
from services.isolation.cases.in_hand import CasesInHand
from services.isolation.cases.merged import known_as
from services.isolation.cases.revising import REOPENED
from services.isolation.cases.states import MOVED_TO_HOSPITAL
from services.isolation.cases.tables import case_history
from services.isolation.plans import states
from services.isolation.plans.task import Task
from services.isolation.positives.discharged import came_home_at, change_by_discharge
from services.isolation.positives.rules import Treated, still_to_do_of_treated, was_mistake
from services.isolation.positives.telling import call_again, plan_for_officer, tell_no_more
from services.isolation.tests.judged import Result, confirmed, confirmed_of_stays
from services.isolation.tests.tables import OF_POSITIVE

_NO_MORE: Final = "positive_taken_back"
_CAME_BACK: Final = "came_back"


def note_treated(
    hand: CasesInHand,
    case: Case,
    row: dict[str, Any],
    results: Sequence[Result],
    asked: Sequence[Task | None],
) -> None:
    """What is seen to here was found before they came back, under another case of theirs: it was no mistake,
    and asks for no call and no decision any more.

    :param row: of positives; it is changed.
    :param results: of samples from before they came back from hospital.
    :param asked: the tasks that followed from what is seen to.
    """
    result = row["result_id"]
    if result is None or result not in {one.result_id for one in confirmed(results)}:
        return
    hand.change_tasks(case, [task.cancelled() for task in asked if task and task.live])
    if not row["treated_id"]:
        row |= {"treated_id": result, "treated_told": row["told"]}
        row["treated_from"] = row["treated_from"] or row["found_at"]
    row |= {**dict.fromkeys(OF_POSITIVE), "contacts_since": None, "told": [], "contacts_at": hand.uow.now}


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
    if change_by_discharge(case, hand.uow.now, results):
        row["contacts_at"] = hand.uow.now  # make_contacts.py changes their own case, too
    if row["treated_from"] is None:
        return
    known, policy = confirmed_of_stays(results, came_home_at(case)), hand.book.policy(case)
    if row["treated_id"] and known and row["treated_id"] not in {one.result_id for one in known}:
        back = _Told(hand, case, row["treated_id"]).back_before
        if back and all(one.sampled_at <= back for one in known):  # what stands is of another stay
            case = _take_back(hand, case, row, tasks_of_merged)
    tasks = [*hand.tasks(case), *tasks_of_merged]
    stands = next(iter(known), None)
    result: str | None = row["treated_id"] or (stands.result_id if stands else None)
    listing = _followed_from(tasks, result, policy.list_contacts.kind)
    for step in list(still_to_do_of_treated(stands, row["treated_id"], listing.state if listing else None)):
        if step is Treated.TAKE_BACK:
            case = _take_back(hand, case, row, tasks_of_merged)
        elif step is Treated.NOTE:
            # It is known only now, or again. Who lives with them was with them until they went.
            told = _Told(hand, case, result)
            row |= {"treated_id": result, "treated_told": told.staff}
            row["treated_from"] = told.went_after or row["treated_from"]
            if row["result_id"] is None:
                row["contacts_at"] = hand.uow.now
        else:
            case, task = plan_for_officer(hand, case, policy.list_contacts, row["treated_id"])
            case = hand.hear(case, task.kind, None, task=task.task_id)


def _take_back(hand: CasesInHand, case: Case, row: dict[str, Any], tasks_of_merged: Sequence[Task]) -> Case:
    """They were in hospital by mistake: whoever was told hears so."""
    tasks, policy = [*hand.tasks(case), *tasks_of_merged], hand.book.policy(case)
    told, result = row["treated_told"] or [], row["treated_id"]
    call, listing = (
        _followed_from(tasks, result, asked.kind) for asked in (policy.see_positive, policy.list_contacts)
    )
    hand.change_tasks(case, [listing.cancelled()] if listing and listing.live else [])
    if call and call.state == states.DONE and case.closed_at is None:
        case = call_again(hand, case, result)
    case = hand.hear(case, _NO_MORE, None, result_id=result, told=told)
    if call:
        tell_no_more(hand, case, told, call)
    row |= {"treated_id": None, "treated_told": None}
    return case


class _Told:
    """What the history says of a finding.

    staff: who were told at once of it, without those who heard that it was a mistake; None: nobody.
    back_before: when they had last come back from hospital before that; None: they never had.
    went_after: when they went there next after that; None: they did not.
    """

    def __init__(self, hand: CasesInHand, case: Case, result_id: str | None) -> None:
        self.staff: list[str] | None = None
        self.back_before: datetime | None = None
        self.went_after: datetime | None = None
        known = False
        for at, what, detail in _lines(hand.uow.conn, case):
            if detail.get("result_id") == result_id:
                known = True
                told = [] if what == _NO_MORE else [*(self.staff or ()), *detail.get("told", ())]
                self.staff = list(dict.fromkeys(told)) or None
            elif not known and (what, detail.get("because")) == (REOPENED, _CAME_BACK):
                self.back_before = at
            elif known and what == MOVED_TO_HOSPITAL and self.went_after is None:
                self.went_after = at


def _lines(conn: Connection, case: Case) -> Sequence[Any]:
    h = case_history.c
    theirs = is_in(conn, h.case_id, known_as(conn, case.case_id))
    found = select(h.at, h.what, h.detail).where(theirs).order_by(h.at, h.case_id, h.number)
    return conn.execute(found).all()


def _followed_from(tasks: Sequence[Task], result_id: str | None, kind: str) -> Task | None:
    """The last task of a kind that followed from a finding."""
    found = [one for one in tasks if one.kind == kind and one.about.startswith(f"{result_id}:")]
    return max(found, key=lambda task: (task.live, task.due_from), default=None)

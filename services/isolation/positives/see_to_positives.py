"""What follows from what was found in samples: a call, a decision, a second sample, or taking back.

Results, corrections, decisions and merged arrivals come in any order. So each says only that somebody is to
be looked at, and what follows is worked out here from all that is known, however often it is looked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select

from chassis.database.statements import is_in, upsert_rows
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from services.isolation.cases.case import Case
from services.isolation.cases.casebook import CHUNK
from services.isolation.cases.events import alarm_data, caused_by_case
from services.isolation.cases.in_hand import CasesInHand, cases_in_hand
from services.isolation.cases.lookup import due_cases
from services.isolation.cases.merged import ended_in
from services.isolation.cases.tables import cases
from services.isolation.plans import states
from services.isolation.plans.acts import DONE
from services.isolation.plans.rows import read_tasks
from services.isolation.plans.task import Task
from services.isolation.policies.rules import CONTACTS_TASKS, OpeningTask, Policy
from services.isolation.positives.contacts_in_hand import ContactsInHand
from services.isolation.positives.rules import SAMPLED_WITHIN, Done, Step, still_to_do
from services.isolation.positives.telling import call_again, plan, plan_for_officer, tell_no_more
from services.isolation.positives.treated import note_treated, see_to_treated
from services.isolation.tests.batches import waiting_until
from services.isolation.tests.followed import all_results_of
from services.isolation.tests.judged import POSITIVE, Judged, Result, judge
from services.isolation.tests.tables import OF_POSITIVE, positives

_AGAIN_AFTER: Final = timedelta(hours=1)
"""Whoever is positive, or may be, is looked at again, even where nothing was said: a case may open again."""
_ONCE_MORE: Final = timedelta(minutes=1)
"""So long until it is looked again for a case of which no news have come."""
_LOOKED_BACK: Final = timedelta(days=15)
"""Longer than a case may be opened again by decision."""
_COLUMNS: Final = tuple(str(column.name) for column in positives.c if column.name != "case_id")
_ASKED: Final = ("call_task_id", "decide_task_id")
_HANDED_ON: Final = (
    *("result_id", "found_at", "call_task_id", "list_task_id", "told"),
    *("contacts_at", "contacts_since"),
)
_OF_TREATED: Final = ("treated_from", "treated_id", "treated_told")


def see_to_positives(uow: UnitOfWork) -> int:
    """See to each in whose samples something was found, or whose case changed since. Returns how many."""
    due = due_cases(positives, positives.c.look_at, uow.now, cases.c.case_id)
    ids = {row.case_id for row in uow.take(due, cases.c.case_id, CHUNK)}
    if not ids:
        return 0
    with cases_in_hand(uow, ids) as hand:
        seeing = _Seeing(hand)
        for case_id in sorted(ids):
            if case := hand.find(case_id):
                seeing.look(case)
        seeing.write()
    return len(ids)


class _Seeing:
    """The cases in hand, with what was found in samples of their people, and what is done about it."""

    def __init__(self, hand: CasesInHand) -> None:
        self.hand = hand
        self.uow = hand.uow
        conn, ids = self.uow.conn, list(hand.ids)
        own = {id: id for id in ids if (case := hand.find(id)) and not hand.is_merged(case)}
        merged = ended_in(conn, own)
        self._results = all_results_of(self.uow, own | merged)
        self._tasks_of_merged = [one for of_it in read_tasks(conn, list(merged)).values() for one in of_it]
        rows = conn.execute(select(positives).where(is_in(conn, positives.c.case_id, ids))).mappings()
        self._rows = {row["case_id"]: {str(name): value for name, value in row.items()} for row in rows}
        self._changed: set[str] = set()
        self._contacts = ContactsInHand(self.uow, own | merged)
        self._steps: dict[Step, Callable[[Case, dict[str, Any], Judged], Case]] = {
            Step.TAKE_BACK: self._take_back,
            Step.END_SECOND_SAMPLE: self._end_second_sample,
            Step.END_LATE: self._end_late,
            Step.NOTE: self._note,
            Step.CALL: self._call,
            Step.DECIDE: self._decide,
            Step.LIST: self._list,
            Step.TELL_CONTACTS: self._tell_contacts,
            Step.CORRECT_CONTACTS: self._correct_contacts,
            Step.TAKE_SECOND_SAMPLE: self._take_second_sample,
            Step.DECIDE_LATE: self._decide_late,
        }

    def look(self, case: Case) -> None:
        row = self._row(case.case_id)
        if case.stripped_at is not None:
            row["look_at"] = None
        elif self.hand.is_merged(case):
            self._hand_on(case, row)
        else:
            self._see_to(case, row)

    def write(self) -> None:
        rows = [self._rows[id] for id in sorted(self._changed)]
        upsert_rows(self.uow.conn, positives, rows, key=["case_id"], set=_COLUMNS)
        self._contacts.write()

    def _row(self, case_id: str) -> dict[str, Any]:
        self._changed.add(case_id)
        empty: dict[str, Any] = dict.fromkeys(_COLUMNS) | {"case_id": case_id, "told": []}
        return self._rows.setdefault(case_id, empty)

    def _hand_on(self, case: Case, row: dict[str, Any]) -> None:
        """They are followed under another case, under which all that was found counts."""
        other = self.hand.goes_on(case)
        if other is None:  # no news of it have come
            row["look_at"] = self.uow.now + _ONCE_MORE
            return
        theirs = self._row(other.case_id)
        if not theirs["result_id"]:
            theirs |= {name: row[name] for name in _HANDED_ON}
        if not theirs["treated_id"]:
            theirs |= {name: row[name] or theirs[name] for name in _OF_TREATED}
        theirs["look_at"] = self.uow.now
        # What is still to be said is planned there; here nobody could end it.
        case = self._end_late(case, row, judge(()))
        left = [task for task in self.hand.tasks(case) if task.kind in CONTACTS_TASKS and task.live]
        self.hand.change_tasks(case, [task.cancelled() for task in left])
        kept = ("treated_until", "treated_from")
        row |= {**dict.fromkeys(name for name in _COLUMNS if name not in kept), "told": []}

    def _see_to(self, case: Case, row: dict[str, Any]) -> None:
        results, waits_until = self._without_waiting(case, row)
        treated = [one for one in results if one.treated]
        note_treated(self.hand, case, row, treated, [self._task(case, row[name]) for name in _ASKED])
        judged = judge(one for one in results if not one.treated)
        if waits_until is None:
            self._contacts.look(case, self._policy(case), results)
        for step in list(still_to_do(judged, self._done(case, row))):
            case = self._steps[step](case, row, judged)
        self._see_to_contacts(case, row)
        if waits_until is None:
            see_to_treated(self.hand, case, row, treated, self._tasks_of_merged)
        if not any(row[name] for name in ("result_id", "doubt_id", "late_id")):
            row["told"] = []
        stands = judged.positive or judged.doubt or self._contacts.to_tell(case)
        ended = case.closed_at
        goes_on = stands and (ended is None or ended > self.uow.now - _LOOKED_BACK)
        again = self.uow.now + _AGAIN_AFTER if goes_on else None
        row["look_at"] = min(waits_until, again or waits_until) if waits_until else again

    def _without_waiting(self, case: Case, row: dict[str, Any]) -> tuple[list[Result], datetime | None]:
        """All results but positives of a batch that waits for one call, and until when it waits; what was
        begun before it was found unusual goes on.
        """
        results = self._results.get(case.case_id, [])
        begun = (row["result_id"], row["doubt_id"], row["late_id"])
        asked = [one for one in results if one.result == POSITIVE and one.result_id not in begun]
        batches = {one.batch_id for one in asked if one.batch_id}
        waiting = waiting_until(self.uow, batches, self._policy(case).unusual_batch)
        left_out = {one.result_id for one in asked if one.batch_id in waiting}
        return [one for one in results if one.result_id not in left_out], min(waiting.values(), default=None)

    def _see_to_contacts(self, case: Case, row: dict[str, Any]) -> None:
        """Those who live with them hear of it once somebody has called, or the term for that has passed."""
        if row["result_id"] is None:
            if row["contacts_since"] or not row["treated_id"]:
                row["contacts_at"] = self.uow.now if row["contacts_since"] else None
        elif row["contacts_since"] is None:
            call = self._task(case, row["call_task_id"])
            called = call is not None and call.state == states.DONE
            at_last = row["found_at"] + self._policy(case).call_first
            row["contacts_at"] = self.uow.now if called else max(at_last, self.uow.now)
        else:  # somebody may have come to live there, and together they are no more once one goes
            row["contacts_at"] = self.uow.now

    def _done(self, case: Case, row: dict[str, Any]) -> Done:
        names = ("call_task_id", "decide_task_id", "list_task_id", "doubt_task_id", "late_task_id")
        call, decision, listing, sample, late = (self._task(case, row[name]) for name in names)
        of_contacts = ("tell_task_id", "correct_task_id")
        telling, correcting = (self._task(case, row[name]) for name in of_contacts)
        taken = sample.acts.last(DONE) if sample and sample.acts else None
        return Done(
            case_state=case.state,
            followed=case.closed_at is None,
            positive=row["result_id"],
            doubt=row["doubt_id"],
            late=row["late_id"],
            call=call.state if call else None,
            decision=decision.state if decision else None,
            listing=listing.state if listing else None,
            second_sample=sample.state if sample else None,
            late_task=late.state if late else None,
            telling=telling.state if telling else None,
            correcting=correcting.state if correcting else None,
            to_tell=self._contacts.to_tell(case),
            sampled_long_ago=taken is not None and taken.at < self.uow.now - SAMPLED_WITHIN,
        )

    # -- steps: each returns the case as it leaves it

    def _note(self, case: Case, row: dict[str, Any], judged: Judged) -> Case:
        row |= {"result_id": judged.positive and judged.positive.result_id, "found_at": self.uow.now}
        return case

    def _call(self, case: Case, row: dict[str, Any], judged: Judged) -> Case:
        """A person calls, before any text."""
        case, task = plan(self.hand, case, self._policy(case).see_positive, row["result_id"])
        row["call_task_id"] = task.task_id
        quiet_until = self.uow.now + self._policy(case).call_first
        return self._tell(case, row, task, row["result_id"], quiet_until=quiet_until)

    def _decide(self, case: Case, row: dict[str, Any], judged: Judged) -> Case:
        case, task = plan_for_officer(self.hand, case, self._policy(case).decide_positive, row["result_id"])
        row["decide_task_id"] = task.task_id
        return self._tell(case, row, task, row["result_id"])

    def _list(self, case: Case, row: dict[str, Any], judged: Judged) -> Case:
        """Those with whom they were, who have no case: nobody but an officer can find out who they are."""
        case, task = plan_for_officer(self.hand, case, self._policy(case).list_contacts, row["result_id"])
        row["list_task_id"] = task.task_id
        return self.hand.hear(case, task.kind, None, task=task.task_id)

    def _tell_contacts(self, case: Case, row: dict[str, Any], judged: Judged) -> Case:
        """Somebody tells those on the list, or nobody of them has to hear of it any more."""
        return self._of_contacts(case, row, "tell_task_id", self._policy(case).tell_contacts)

    def _correct_contacts(self, case: Case, row: dict[str, Any], judged: Judged) -> Case:
        """Whoever of them was told hears that it was a mistake; or it was none."""
        return self._of_contacts(case, row, "correct_task_id", self._policy(case).correct_contacts)

    def _of_contacts(self, case: Case, row: dict[str, Any], name: str, asked: OpeningTask) -> Case:
        task = self._task(case, row[name])
        if task and task.live:
            self.hand.change_tasks(case, [task.cancelled()])
            row[name] = None
            return case
        case, task = plan_for_officer(self.hand, case, asked, case.case_id)
        row[name] = task.task_id
        return self.hand.hear(case, task.kind, None, task=task.task_id)

    def _take_second_sample(self, case: Case, row: dict[str, Any], judged: Judged) -> Case:
        assert judged.doubt is not None
        case, task = plan(self.hand, case, self._policy(case).second_sample, judged.doubt.result_id)
        row |= {"doubt_id": judged.doubt.result_id, "doubt_task_id": task.task_id}
        return self._tell(case, row, task, judged.doubt.result_id)

    def _end_second_sample(self, case: Case, row: dict[str, Any], judged: Judged) -> Case:
        """Its result is there, or the laboratory corrected what asked for it."""
        task = self._task(case, row["doubt_task_id"])
        if task and task.live:
            self.hand.change_tasks(case, [task.cancelled()])
            case = self.hand.hear(case, "second_sample_no_more", None, task=task.task_id, told=row["told"])
            tell_no_more(self.hand, case, row["told"], task)
        row |= {"doubt_id": None, "doubt_task_id": None}
        return case

    def _take_back(self, case: Case, row: dict[str, Any], judged: Judged) -> Case:
        """It was a mistake: what followed ends. Whoever was told hears so; the person by a call, where they
        were called.
        """
        hand, result = self.hand, row["result_id"]
        names = ("call_task_id", "decide_task_id", "list_task_id")
        call, *others = (self._task(case, row[name]) for name in names)
        hand.change_tasks(case, [task.cancelled() for task in (call, *others) if task and task.live])
        if call and call.state == states.DONE and case.closed_at is None:
            case = call_again(self.hand, case, result)
        case = hand.hear(case, "positive_taken_back", None, result_id=result, told=row["told"])
        if call:
            tell_no_more(self.hand, case, row["told"], call)
        row |= dict.fromkeys(OF_POSITIVE)
        if row["treated_id"]:  # for that one whoever lives with them stays a contact
            row |= {"contacts_at": self.uow.now, "contacts_since": None}
        return case

    def _decide_late(self, case: Case, row: dict[str, Any], judged: Judged) -> Case:
        """Nobody follows them: an officer decides whether they are followed again."""
        found = judged.positive or judged.doubt
        result = found.result_id if found else None
        case, task = plan_for_officer(self.hand, case, self._policy(case).late_result, result or "taken_back")
        row |= {"late_id": result, "late_task_id": task.task_id}
        return self._tell(case, row, task, result)

    def _end_late(self, case: Case, row: dict[str, Any], judged: Judged) -> Case:
        """They are followed again, or it was a mistake."""
        task = self._task(case, row["late_task_id"])
        if task and task.live:
            self.hand.change_tasks(case, [task.cancelled()])
            case = self.hand.hear(case, "late_result_no_more", None, task=task.task_id, told=row["told"])
            tell_no_more(self.hand, case, row["told"], task)
        row |= {"late_id": None, "late_task_id": None}
        return case

    # -- what they share

    def _policy(self, case: Case) -> Policy:
        return self.hand.book.policy(case)

    def _cause(self, case: Case) -> Event:
        return caused_by_case(self.uow, case.case_id, case.correlation_id)

    def _task(self, case: Case, task_id: str | None) -> Task | None:
        known = (*self.hand.tasks(case), *self._tasks_of_merged)
        return next((one for one in known if one.task_id == task_id), None)

    def _tell(
        self, case: Case, row: dict[str, Any], task: Task, result: str | None, **more: datetime
    ) -> Case:
        """Whoever does it, who answers for the case, and who is on duty, at any hour."""
        informed = self.hand.informed_at_once(case, task)
        doer = self.hand.book.reference.staff.there(task.staff_id, self.uow.now)
        if doer and doer not in informed.staff:
            informed = replace(informed, staff=(doer, *informed.staff))
        told = [member.staff_id for member in informed.staff]
        row["told"] = list(dict.fromkeys([*row["told"], *told]))
        data = alarm_data(case, task, informed) | {"task_kind": task.kind, **more}
        self.uow.record("test.urgent", task.task_id, 1, data, cause=self._cause(case))
        return self.hand.hear(case, task.kind, None, task=task.task_id, result_id=result, told=told)

"""The breaches of cases in hand: suspected, put right by what came later, judged; and what follows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import select

from chassis.commands.command import Said
from chassis.database.statements import insert_rows, is_in, update_rows
from contracts.envelope import Event
from field.words import BREACHES
from services.isolation.breaches.rules import (
    CONFIRMED,
    NO_PERMIT,
    SUSPECTED,
    holds_proposal,
    proposes_central,
    state_of,
    told,
)
from services.isolation.breaches.tables import breaches
from services.isolation.cases.case import Case
from services.isolation.cases.events import alarm_data, caused_by_case
from services.isolation.cases.in_hand import CasesInHand, act_of, in_story
from services.isolation.cases.merged import ended_in
from services.isolation.cases.unplanned import officers_task, unplanned_task
from services.isolation.cases.watched import BREACHES as OF_BREACHES
from services.isolation.cases.watched import watch
from services.isolation.plans.acts import DONE
from services.isolation.plans.task import Task
from services.isolation.policies.rules import SETTLE_BREACH

SEALED_AS: Final = "person"
_BREACHES: Final = UUID("5f0f6a0e-3f0b-4c59-9d0c-7a7c4b3f2e61")
_WRITTEN: Final = (
    *("task_id", "judge_task_id", "settle_task_id", "in_order_at", "judgement", "judged_at", "judged_by"),
    *("first_judged_at", "said", "version", "state", "told_confirmed"),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What shows that there may be a breach.

    :param about: tells it from all others; the same again is the same breach.
    :param case_id: of whom it was said; they may be followed under another.
    :param at: when it was.
    :param of: ids of what shows it: passage_id or permit_id.
    :param saw: sealed: what whoever reported it saw.
    :param by: the source of whoever reported it; None: found by the clock.
    :param task_id: of a task that looks into it already, from before breaches were written down.
    :param together: of people who were seen together one message is enough.
    """

    why: str
    about: str
    case_id: str
    at: datetime
    of: Mapping[str, str]
    saw: str | None = None
    by: str | None = None
    task_id: str | None = None
    together: tuple[Any, ...] = ()

    @property
    def breach_id(self) -> str:
        return str(uuid5(_BREACHES, f"{self.why}\n{self.about}"))


def followed_as(hand: CasesInHand, case_ids: Collection[str]) -> dict[str, str]:
    """These cases, and those that ended merged in one of them -> the one under which they are followed."""
    known = (case for id in case_ids if (case := hand.find(id)))
    followed = [case.case_id for case in known if case.closed_at is None]
    return {id: id for id in case_ids} | ended_in(hand.uow.conn, followed)


class BreachesInHand:
    """What becomes of the breaches of these cases; `write` writes it."""

    def __init__(self, hand: CasesInHand, followed_as: Mapping[str, str]) -> None:
        """:param followed_as: cases, each with the one under which they are followed, itself or another."""
        self._hand = hand
        self._as = followed_as
        of_these = select(breaches).where(is_in(hand.uow.conn, breaches.c.case_id, followed_as))
        rows = hand.uow.conn.execute(of_these.order_by(breaches.c.breach_id)).mappings()
        self._rows = {row["breach_id"]: {str(name): value for name, value in row.items()} for row in rows}
        self._new: dict[str, dict[str, Any]] = {}
        self._changed: set[str] = set()
        self._told: set[tuple[Any, ...]] = set()

    # -- asking ----------------------------------------------------------------------------------------

    def row(self, breach_id: str) -> Mapping[str, Any] | None:
        return self._rows.get(breach_id)

    def is_judged(self, shown: Shown) -> bool:
        row = self._rows.get(shown.breach_id)
        return row is not None and row["judgement"] is not None

    def first_judged_at(self, shown: Shown) -> datetime | None:
        """When an officer judged it for the first time; None: nobody has."""
        row = self._rows.get(shown.breach_id)
        # Of one that a version of before judged, only the last time is known.
        return (row["first_judged_at"] or row["judged_at"]) if row else None

    def task_of(self, shown: Shown) -> str:
        """The id of the task of whoever finds out."""
        return str(self._rows[shown.breach_id]["task_id"])

    def many(self, case: Case, why: str, since: datetime) -> int:
        """How many of this kind there are from then on, whatever became of them."""
        return sum(row["why"] == why and row["at"] >= since for row in self._of(case))

    # -- what comes to be known ------------------------------------------------------------------------

    def suspect(self, case: Case, shown: Shown, cause: Event | None) -> Case:
        """Somebody sees to it at once and an officer judges it: once, however often it is looked. Tasks that
        went with a case that has opened again are planned by a timer (households/plan_again.py).

        :param case: that is followed.
        :param cause: the command that says something new; None: the clock.
        """
        row = self._rows.get(shown.breach_id)
        if row is None:
            return self._suspect(case, shown, cause)
        if row["in_order_at"] is not None:
            before = self._known(case)
            self._becomes(row, in_order_at=None)
            if row["state"] == SUSPECTED:
                return self._ask(case, row, shown, cause)
            return self._follow(case, row, before, cause)
        return case

    def in_order(self, case: Case, shown: Shown) -> Case:
        """What came later puts it right; where it was confirmed, what they were told is taken back."""
        row = self._rows.get(shown.breach_id)
        if row is None:
            return self._no_more(case, shown)
        if row["in_order_at"] is not None:
            return case
        before = self._known(case)
        self._becomes(row, in_order_at=self._hand.uow.now)
        live = [task for task in self._tasks(case, row) if task.live]
        self._hand.change_tasks(case, [task.cancelled() for task in live])
        of_task = {"task": row["task_id"]} if live else {}
        case = self._hand.hear(case, "breach_in_order", None, breach=row["breach_id"], **of_task)
        return self._follow(case, row, before, None)

    def _no_more(self, case: Case, shown: Shown) -> Case:
        """A task from before breaches were written down has nothing left to find out."""
        live = [task for task in self._hand.tasks(case) if task.task_id == shown.task_id and task.live]
        if not live:
            return case
        self._hand.change_tasks(case, [task.cancelled() for task in live])
        return self._hand.hear(case, "breach_in_order", None, task=shown.task_id)

    def judge(self, said: Said, named: Case, judgement: str, words: str) -> Mapping[str, Any]:
        """Of whom nobody follows it is only noted: they hear of it once they are followed again.

        :param named: the case of whom it is suspected, which may have ended. Returns the row.
        """
        hand, row = self._hand, self._rows[said.data["breach_id"]]
        case = hand.followed_as(named)
        before = self._known(case) if case else 0
        if case is None and row["told_confirmed"] is None:
            self._becomes(row, told_confirmed=row["state"] == CONFIRMED)
            watch(hand.uow.conn, OF_BREACHES, [named.case_id])
        for task in self._tasks(case, row) if case else ():
            if task.live:
                hand.report(said, case or named, task, act_of(said, DONE))
        sealed = hand.uow.sealer.seal({"words": words}, SEALED_AS)
        self._becomes(
            row,
            judgement=judgement,
            judged_at=said.at,
            first_judged_at=row["first_judged_at"] or row["judged_at"] or said.at,
            judged_by=said.author.source,
            said=sealed,
            version=row["version"] + 1,
        )
        detail = {"breach": row["breach_id"], "outcome": row["why"], "staff_id": said.author.staff_id}
        note = hand.uow.sealer.seal(words, "note")
        hand.add_line(said, named, f"breach_{judgement}", **detail, note=note)
        if case and (now := hand.find(case.case_id)):
            self._follow(now, row, before, said.event)
        return row

    # -- what follows ----------------------------------------------------------------------------------

    def tell(self, case: Case) -> None:
        """Of a case that is followed again: what was judged meanwhile."""
        owed = [row for row in self._of(case) if row["told_confirmed"] is not None]
        if owed:
            row = next((one for one in owed if one["state"] == CONFIRMED), owed[0])
            self._follow(case, row, self._known(case), None)

    def _suspect(self, case: Case, shown: Shown, cause: Event | None) -> Case:
        row: dict[str, Any] = {
            "breach_id": shown.breach_id,
            "case_id": shown.case_id,
            "why": shown.why,
            "at": shown.at,
            "suspected_at": self._hand.uow.now,
            **dict.fromkeys(("passage_id", "permit_id")),
            **shown.of,
            "saw": shown.saw,
            "reported_by": shown.by,
            **dict.fromkeys(("settle_task_id", "in_order_at", "judgement", "judged_at", "judged_by", "said")),
            **dict.fromkeys(("first_judged_at", "told_confirmed")),
            "version": 0,
            "state": SUSPECTED,
        }
        self._rows[shown.breach_id] = self._new[shown.breach_id] = row
        if shown.task_id is None:
            return self._ask(case, row, shown, cause)
        row["task_id"] = shown.task_id
        case = self._ask_judge(case, row, cause)
        return self._hand.hear(case, shown.why, cause, breach=shown.breach_id, task=shown.task_id)

    def _ask(self, case: Case, row: dict[str, Any], shown: Shown, cause: Event | None) -> Case:
        """Plan the task of whoever finds out, and of whoever judges; tell those who must know."""
        hand, uow, policy = self._hand, self._hand.uow, self._hand.book.policy(case)
        # Taken back and suspected again at once, it is another one.
        about = f"{shown.breach_id}:{case.history_lines + 1}"
        task = unplanned_task(case, policy, policy.see_breach, uow.now, uow.zone, about=about)
        event = self._cause(case, cause)
        case = hand.plan(case, task, event)
        self._becomes(row, task_id=task.task_id)
        case = self._ask_judge(case, row, cause)
        informed = hand.informed_at_once(case, task)
        names = [member.staff_id for member in informed.staff]
        # Last, for the line writes the case with its new tasks.
        case = hand.hear(case, shown.why, cause, breach=shown.breach_id, task=task.task_id, told=names)
        data = {
            **alarm_data(case, task, informed),
            "breach_id": shown.breach_id,
            # A reader of before knows only these.
            "why": shown.why if shown.why in BREACHES else NO_PERMIT,
            "found": shown.why,
            "at": shown.at,
        }
        together = (shown.why, *(shown.together or (shown.about,)))
        if together not in self._told:
            uow.record("breach.suspected", task.task_id, 1, data, cause=event)
            self._told.add(together)
        return case

    def _ask_judge(self, case: Case, row: dict[str, Any], cause: Event | None) -> Case:
        hand = self._hand
        about = f"{row['breach_id']}:{case.history_lines + 1}"
        task = officers_task(hand.book, case, hand.book.policy(case).judge_breach, about=about)
        self._becomes(row, judge_task_id=task.task_id)
        return hand.plan(case, task, self._cause(case, cause))

    def _follow(self, case: Case, row: dict[str, Any], before: int, cause: Event | None) -> Case:
        """Have it decided whether they are moved, and tell what is new."""
        hand, after = self._hand, sum(one["state"] == CONFIRMED for one in self._of(case))
        for one in self._of(case):
            if one["told_confirmed"] is not None:
                self._becomes(one, told_confirmed=None)
        waiting = [task for task in hand.tasks(case) if task.kind == SETTLE_BREACH and task.live]
        if proposes_central(before, after) and not waiting:
            about = f"{row['breach_id']}:{case.history_lines + 1}"
            task = officers_task(hand.book, case, hand.book.policy(case).settle_breach, about=about)
            case = hand.plan(case, task, self._cause(case, cause))
            self._becomes(row, settle_task_id=task.task_id)
        elif not holds_proposal(after):
            hand.change_tasks(case, [task.cancelled() for task in waiting])
            for one in self._of(case):
                if one["settle_task_id"] is not None:
                    self._becomes(one, settle_task_id=None)
        if what := told(before, after):
            line = {"breach": row["breach_id"]}
            case = hand.tell(case, case, what, self._cause(case, cause), [what], what, line)
        return case

    # -- rows ------------------------------------------------------------------------------------------

    def _becomes(self, row: dict[str, Any], **changed: Any) -> None:
        row |= changed
        row["state"] = state_of(row["judgement"], row["in_order_at"])
        self._changed.add(row["breach_id"])

    def _of(self, case: Case) -> list[dict[str, Any]]:
        return [row for row in self._rows.values() if self._as.get(row["case_id"]) == case.case_id]

    def _known(self, case: Case) -> int:
        """How many are confirmed, as far as they were told."""
        stands = ((row["told_confirmed"], row["state"] == CONFIRMED) for row in self._of(case))
        return sum(is_so if told is None else told for told, is_so in stands)

    def _tasks(self, case: Case, row: Mapping[str, Any]) -> list[Task]:
        of_it = {row["task_id"], row["judge_task_id"]}
        return [task for task in self._hand.tasks(case) if task.task_id in of_it]

    def _cause(self, case: Case, cause: Event | None) -> Event:
        if cause:
            return in_story(cause, case)
        return caused_by_case(self._hand.uow, case.case_id, case.correlation_id)

    def write(self) -> None:
        conn = self._hand.uow.conn
        insert_rows(conn, breaches, list(self._new.values()))
        changed = [self._rows[id] for id in sorted(self._changed - self._new.keys())]
        rows = [{name: row[name] for name in ("breach_id", *_WRITTEN)} for row in changed]
        update_rows(conn, breaches, rows, key=["breach_id"], set=_WRITTEN)

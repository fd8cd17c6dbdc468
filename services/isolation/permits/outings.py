"""The outings of cases in hand, with what was reported of them, and the tasks that follow."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import insert_rows, is_in, update_rows
from contracts.envelope import Event
from services.isolation.cases.case import Case
from services.isolation.cases.events import alarm_data, caused_by_case
from services.isolation.cases.in_hand import CasesInHand, in_story
from services.isolation.cases.merged import ended_in
from services.isolation.cases.unplanned import unplanned_task
from services.isolation.permits.passages import EARLY, Passage, judge
from services.isolation.permits.rules import EMERGENCY, GRANTED, NO_ORDER, REFUSED, Outing
from services.isolation.permits.tables import IS_OUT, outings, passages, permits
from services.isolation.plans import states
from services.isolation.plans.tables import tasks
from services.isolation.plans.task import Task

LATE_BACK: Final = "late_back"
NO_PERMIT: Final = "no_permit"
_AGAIN_AFTER: Final = timedelta(hours=6)
_LOOKED_BACK: Final = timedelta(days=60)
"""So long a case that ended may be opened again."""
_OF_OUTING: Final = ("left_at", "back_at", "check_at", "task_id")


class OutingsInHand:
    """What becomes of the outings and passages of these cases; `write` writes it."""

    def __init__(self, hand: CasesInHand, case_ids: Collection[str]) -> None:
        self._hand = hand
        conn, o, p = hand.uow.conn, outings.c, permits.c
        # Whose case ended merged goes on under another one: what was said of both is theirs.
        known = (case for id in case_ids if (case := hand.find(id)))
        followed = [case.case_id for case in known if case.closed_at is None]
        self._as = {id: id for id in case_ids} | ended_in(conn, followed)
        ids = list(self._as)
        joined = select(outings, p.kind, p.decision, p.decided_at, p.withdrawn_at).join(
            permits, p.permit_id == o.permit_id
        )
        rows = conn.execute(joined.where(is_in(conn, o.case_id, ids)).order_by(o.begins)).mappings()
        self._outings = [{str(name): value for name, value in row.items()} for row in rows]
        seen = select(passages).where(is_in(conn, passages.c.case_id, ids))
        self._passages = [{str(n): v for n, v in row.items()} for row in conn.execute(seen).mappings()]
        self._new: list[dict[str, Any]] = []
        self._told: set[tuple[Any, ...]] = set()

    def knows(self, passage_id: str) -> bool:
        return any(row["passage_id"] == passage_id for row in self._passages)

    def add(self, passage: dict[str, Any]) -> None:
        self._new.append(passage)
        self._passages.append(passage)

    def look(self, case: Case, cause: Event | None = None) -> Case:
        """See to it by all that is known now, however often it is looked.

        :param cause: the command that says something new; None: the clock.
        """
        now = self._hand.uow.now
        own = [row for row in self._outings if self._as[row["case_id"]] == case.case_id]
        if case.closed_at is not None:
            for row in own:  # nobody follows them; opened again it is looked once more
                may_open = now < row["ends"] + _LOOKED_BACK
                row["check_at"] = now + _AGAIN_AFTER if row["check_at"] and may_open else None
            return case
        granted = [row for row in own if _was_leave(row)]
        for row in own:
            if row not in granted:
                row["check_at"] = None
                case = self._take_back(case, row)
        of_case = [row for row in self._passages if self._as[row["case_id"]] == case.case_id]
        seen = [Passage(row["passage_id"], row["at"], row["direction"]) for row in of_case]
        times = [Outing(row["begins"], row["ends"]) for row in granted]
        judged = judge(times, seen, now, [min(row["ends"], _ended_at(row) or row["ends"]) for row in granted])
        kept_in = case.measure != NO_ORDER
        for row, course, late_from in zip(granted, judged.courses, judged.late_from, strict=True):
            row |= {"left_at": course.left_at, "back_at": course.back_at, "check_at": None}
            if course.late and kept_in:
                about = f"{row['permit_id']}:{row['number']}"
                case = self._suspect(case, row, LATE_BACK, about, cause)
                task = self._task(case, row)
                row["check_at"] = now + _AGAIN_AFTER if task and task.live else None
                continue
            case = self._take_back(case, row)
            if course.is_out:
                row["check_at"] = late_from if late_from >= now else now + _AGAIN_AFTER
        # What they did before the measure in force began was in order then.
        since = self._hand.book.standing(case).clock
        without = {one.id for one in judged.without_leave if kept_in and one.at >= since}
        for row in of_case:
            if row["passage_id"] in without:
                case = self._suspect(case, row, NO_PERMIT, row["passage_id"], cause)
            elif row["at"] >= since:
                case = self._take_back(case, row)
        return case

    def _suspect(self, case: Case, row: dict[str, Any], why: str, about: str, cause: Event | None) -> Case:
        """Somebody sees to it at once; said once, however often it is looked, unless the task went with the
        case, which has been opened again.
        """
        if row["task_id"] is not None and self._state(case, row) not in (None, states.CANCELLED):
            return case
        hand = self._hand
        uow, policy = hand.uow, hand.book.policy(case)
        about = f"{about}:{case.history_lines + 1}"  # taken back and suspected again at once, it is another
        task = unplanned_task(case, policy, policy.see_breach, uow.now, uow.zone, about=about)
        event = in_story(cause, case) if cause else caused_by_case(uow, case.case_id, case.correlation_id)
        case = hand.plan(case, task, event)
        row["task_id"] = task.task_id
        informed = hand.informed_at_once(case, task)
        told = [member.staff_id for member in informed.staff]
        case = hand.hear(case, why, cause, task=task.task_id, told=told)
        at = row["at"] if why == NO_PERMIT else row["ends"]
        data = {**alarm_data(case, task, informed), "why": why, "at": at}
        together = (why, row.get("permit_id") or row["event_id"], row.get("number"))
        if together not in self._told:  # of a mother and her child one message is enough
            uow.record("breach.suspected", task.task_id, 1, data, cause=event)
            self._told.add(together)
        return case

    def _take_back(self, case: Case, row: dict[str, Any]) -> Case:
        """It was in order after all, by what came later; what somebody has seen to stays as it is."""
        if row["task_id"] is None:
            return case
        task = self._task(case, row)
        row["task_id"] = None
        if task is None or not task.live:
            return case
        self._hand.change_tasks(case, [task.cancelled()])
        return self._hand.hear(case, "breach_in_order", None, task=task.task_id)

    def _state(self, case: Case, row: dict[str, Any]) -> str | None:
        """Of its task, which may be one of a case that ended merged in this one; None: there is none."""
        if task := self._task(case, row):
            return task.state
        of_it = select(tasks.c.state).where(tasks.c.task_id == row["task_id"])
        return self._hand.uow.conn.execute(of_it).scalar_one_or_none()

    def _task(self, case: Case, row: dict[str, Any]) -> Task | None:
        return next((one for one in self._hand.tasks(case) if one.task_id == row["task_id"]), None)

    def write(self) -> None:
        conn = self._hand.uow.conn
        rows = [{name: row[name] for name in (*_KEY, *_OF_OUTING)} for row in self._outings]
        update_rows(conn, outings, rows, key=_KEY, set=_OF_OUTING)
        new = {row["passage_id"] for row in self._new}
        known = [row for row in self._passages if row["passage_id"] not in new]
        insert_rows(conn, passages, self._new)
        rows = [{name: row[name] for name in ("passage_id", "task_id")} for row in known]
        update_rows(conn, passages, rows, key=["passage_id"], set=["task_id"])


_KEY: Final = ("permit_id", "number", "case_id")


def look_at(hand: CasesInHand, people: Collection[str], cause: Event) -> None:
    """See to the outings of these people as they are now that something was decided about one of them."""
    found = OutingsInHand(hand, hand.ids)
    named = [case for case_id in people if (case := hand.find(case_id))]
    followed = [case for one in named if (case := hand.followed_as(one))]
    for case_id in {case.case_id for case in followed}:
        if case := hand.find(case_id):
            found.look(case, cause)
    found.write()


def any_out(conn: Connection, permit_id: str) -> bool:
    """Whether anybody is out by this permit."""
    out = select(outings.c.case_id).where(outings.c.permit_id == permit_id, IS_OUT).limit(1)
    return conn.execute(out).first() is not None


def _was_leave(row: dict[str, Any]) -> bool:
    """Whether they may go, or might when they went. An emergency found to be none never was leave."""
    ended_at = _ended_at(row)
    if ended_at is None:
        return row["decision"] == GRANTED or (row["decision"] is None and row["kind"] == EMERGENCY)
    if row["kind"] == EMERGENCY:
        return False
    if row["decision"] == GRANTED:
        return bool(row["begins"] - EARLY <= ended_at)
    return row["left_at"] is not None


def _ended_at(row: dict[str, Any]) -> datetime | None:
    """When the leave was taken back, or refused in the end."""
    refused_at = row["decided_at"] if row["decision"] == REFUSED else None
    return min((at for at in (row["withdrawn_at"], refused_at) if at), default=None)


def passage_row(id: str, case_id: str, direction: str, at: datetime, **said: Any) -> dict[str, Any]:
    return {"passage_id": id, "case_id": case_id, "direction": direction, "at": at, "task_id": None, **said}

"""Somebody takes back, on the same day, what they said of a task: it was a mistake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from contracts.faults import Fault, Refused
from field.days import local_day
from services.isolation.cases.first_contact import met_no_more
from services.isolation.cases.in_hand import CasesInHand, act_of, cases_in_hand
from services.isolation.cases.tables import case_history
from services.isolation.plans.acts import ATTEMPT, DONE, NOT_POSSIBLE, TAKEN_BACK, Act
from services.isolation.plans.task import FIRST_CONTACT, Task
from services.isolation.tasks.finding import cases_of_tasks, in_utc, named

REVOCABLE: Final = (ATTEMPT, NOT_POSSIBLE, DONE)
"""What whoever does a task says of it; officers take back what they decide in another way."""

_ONLY_BY_DOCUMENT: Final = ("check_in", "signed_notice")
_BY_DOCUMENT: Final = (*_ONLY_BY_DOCUMENT, "test")
"""Kinds that a check-in, a notice, a result settles: what was said so is corrected there. On pages the first
two are settled by nothing else.
"""
_ALARM_TAKEN_BACK: Final = "alarm_taken_back"


def take_back_report(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """The task goes on as if it had not been said; what was said stays in the history, with this."""
    case_of = cases_of_tasks(uow.conn, (said.data["task_id"] for said in commands))
    with cases_in_hand(uow, case_of.values()) as hand:
        return each_in_turn(commands, lambda said: _take_back(hand, case_of, said))


def _take_back(hand: CasesInHand, case_of: Mapping[str, str], said: Said) -> Outcome:
    case, task = named(hand, said, case_of, said.data["task_id"])
    report = _report(hand, task, said)
    if local_day(report.at, hand.uow.zone) != local_day(said.at, hand.uow.zone):
        message = "what was said of a task is taken back on its own day"
        raise Refused.invalid([Fault("report", "other_day", message)])
    after = hand.report(said, case, task, act_of(said, TAKEN_BACK, of=report.id))
    if report.what == DONE and task.kind == FIRST_CONTACT:
        _tell_registration(hand.uow, task, after, report, said, hand.cause(said, case))
        case = met_no_more(hand, case, said.at, said.event, said.author.source)
    hand.add_line(
        *(said, case, f"task_{report.what}_taken_back"),
        task=task.task_id,
        kind=task.kind,
        staff_id=said.author.staff_id,
        said_at=report.at,
    )
    return Outcome.done(
        task_id=task.task_id,
        state=after.state,
        version=after.version,
        next_step_at=in_utc(after.next_step_at),
    )


def _report(hand: CasesInHand, task: Task, said: Said) -> Act:
    """What this author said with the command that is named, and has not taken back. Raises Refused.

    What was said of the arrival at registration is taken back there.
    """
    wanted = (said.author.source, said.data["report"])
    acts = task.acts.counted if task.acts else ()
    found = next((act for act in acts if act.key == wanted and act.what != TAKEN_BACK), None)
    if found is None:
        raise Refused.unknown("report of the author", said.data["report"])
    if found.what not in REVOCABLE or said_elsewhere(found, task) or _moot(hand, task, found):
        message = f"only what was {', '.join(REVOCABLE)} is taken back here, not what follows from others"
        raise Refused.invalid([Fault("report", "not_of_this", message)])
    return found


def may_take_back(act: Act, kind: str) -> bool:
    """Whether a page offers it to whoever said so, here or at registration.

    :param kind: of the task.
    """
    return act.what in REVOCABLE and not (act.what == DONE and kind in _ONLY_BY_DOCUMENT)


def said_elsewhere(act: Act, task: Task) -> bool:
    """Whether it was said of the arrival, at registration, which told of it, and is taken back there."""
    return task.kind == FIRST_CONTACT and (act.what == ATTEMPT or act.id.startswith("arrival."))


def _moot(hand: CasesInHand, task: Task, act: Act) -> bool:
    """Whether it was done by a document, or its alarm was a mistake and is over."""
    if act.what != DONE:
        return False
    h = case_history.c
    lines = hand.uow.conn.execute(
        select(h.what, h.event_id, h.detail).where(
            h.case_id == task.case_id, h.what.in_(("task_done", _ALARM_TAKEN_BACK))
        )
    ).all()
    by_hand = any(line.what == "task_done" and line.event_id == act.id for line in lines)
    over = any(line.what == _ALARM_TAKEN_BACK and line.detail.get("task") == task.task_id for line in lines)
    return over or (task.kind in _BY_DOCUMENT and not by_hand)


def _tell_registration(
    uow: UnitOfWork, task: Task, after: Task, report: Act, said: Said, cause: Event
) -> None:
    data: dict[str, Any] = {
        "task_id": task.task_id,
        "case_id": task.case_id,
        "arrival_id": task.case_id,
        "act": report.id,
        "at": said.at,
        "staff_id": said.author.staff_id,
    }
    uow.record("case.contact_taken_back", task.task_id, after.version, data, cause=cause)

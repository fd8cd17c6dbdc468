"""Somebody takes back, on the same day, that a task was tried in vain or not possible: it was a mistake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.days import local_day
from services.isolation.cases.in_hand import CasesInHand, act_of, cases_in_hand
from services.isolation.plans.acts import ATTEMPT, NOT_POSSIBLE, TAKEN_BACK, Act
from services.isolation.plans.task import FIRST_CONTACT, Task
from services.isolation.tasks.finding import cases_of_tasks, in_utc, named

REVOCABLE: Final = (ATTEMPT, NOT_POSSIBLE)
"""What holds a ladder or waits for an officer. Of what is done others have heard already."""


def take_back_report(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """The task goes on as if it had not been said; what was said stays in the history, with this."""
    case_of = cases_of_tasks(uow.conn, (said.data["task_id"] for said in commands))
    with cases_in_hand(uow, case_of.values()) as hand:
        return each_in_turn(commands, lambda said: _take_back(hand, case_of, said))


def _take_back(hand: CasesInHand, case_of: Mapping[str, str], said: Said) -> Outcome:
    case, task = named(hand, said, case_of, said.data["task_id"])
    report = _report(task, said)
    if local_day(report.at, hand.uow.zone) != local_day(said.at, hand.uow.zone):
        message = "what was said of a task is taken back on its own day"
        raise Refused.invalid([Fault("report", "other_day", message)])
    after = hand.report(said, case, task, act_of(said, TAKEN_BACK, of=report.id))
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


def _report(task: Task, said: Said) -> Act:
    """What this author said with the command that is named, and has not taken back. Raises Refused.

    That nobody answered at the first visit registration knows, too: it is taken back there.
    """
    wanted = (said.author.source, said.data["report"])
    acts = task.acts.counted if task.acts else ()
    found = next((act for act in acts if act.key == wanted and act.what != TAKEN_BACK), None)
    if found is None:
        raise Refused.unknown("report of the author", said.data["report"])
    if found.what not in REVOCABLE or (task.kind == FIRST_CONTACT and found.what == ATTEMPT):
        message = f"only what was {' or '.join(REVOCABLE)} is taken back, of a first contact at registration"
        raise Refused.invalid([Fault("report", "not_of_this", message)])
    return found

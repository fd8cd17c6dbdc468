"""An officer decides that a task need not be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.words import RUNG_OF_ROLE, RUNGS
from services.isolation.cases.in_hand import CasesInHand, act_of, cases_in_hand
from services.isolation.plans.acts import WAIVED
from services.isolation.plans.task import Task
from services.isolation.tasks.finding import cases_of_tasks, must_end_by_report, named
from services.isolation.teams.rules import Staff


def waive_task(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Waive each task, by an officer above whoever does it, with the reason in its case's history."""
    case_of = cases_of_tasks(uow.conn, (said.data["task_id"] for said in commands))
    with cases_in_hand(uow, case_of.values()) as hand:
        return each_in_turn(commands, lambda said: _waive(hand, case_of, said))


def _waive(hand: CasesInHand, case_of: Mapping[str, str], said: Said) -> Outcome:
    case, task = named(hand, said, case_of, said.data["task_id"])
    must_end_by_report(case, task)
    _must_be_above(said, task, hand.book.reference.staff)
    if said.data["expects"] != task.version or not task.live:
        raise Refused.conflict("expects", _now(task))
    after = hand.report(said, case, task, act_of(said, WAIVED))
    hand.add_line(
        *(said, case, "task_waived"),
        task=task.task_id,
        kind=task.kind,
        staff_id=said.author.staff_id,
        note=hand.uow.sealer.seal(said.data["reason"], "note"),
    )
    return Outcome.done(task_id=task.task_id, state=after.state, version=after.version)


def _must_be_above(said: Said, task: Task, staff: Staff) -> None:
    """Nobody waives what they, or others at their level, should do themselves."""
    author, doer = staff.active(said.author.staff_id), staff.by_id.get(task.staff_id or "")
    level = doer.level if doer else RUNG_OF_ROLE.get(task.role, RUNGS[0])
    if author is None or RUNGS.index(author.level) <= RUNGS.index(level):
        message = f"only an officer above the {level}'s level waives this task"
        raise Refused("not_allowed", [Fault("", "not_above_the_doer", message)])


def _now(task: Task) -> str:
    """How the task stands, for a page that shows both."""
    said = task.acts.said[-1] if task.acts and task.acts.said else None
    last = f": {said.what} at {said.at.isoformat(timespec='seconds')} by {said.by}" if said else ""
    return f"the task is {task.state}, at version {task.version}{last}"

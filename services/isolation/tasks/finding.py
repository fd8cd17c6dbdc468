"""Finding the tasks that commands name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.commands.command import Said
from chassis.database.statements import is_in
from contracts.faults import Fault, Refused
from field.ids import is_id
from services.isolation.cases import states as case_states
from services.isolation.cases.case import Case
from services.isolation.cases.in_hand import CasesInHand
from services.isolation.plans import states
from services.isolation.plans.tables import tasks as table
from services.isolation.plans.task import Task
from services.isolation.policies.rules import (
    CONFIRM_ADMISSION,
    CONFIRM_TRANSFER,
    CONTACTS_TASKS,
    DECIDE_POSITIVE,
    ENDED_BY_DECISION,
    JUDGE_BREACH,
    LATE_RESULT,
    LEAVE_CENTRAL,
    NAME_CARER,
    PERMIT_TASKS,
    SETTLE_CENTRAL,
    SETTLE_REFUSAL,
)


def cases_of_tasks(conn: Connection, task_ids: Iterable[str | None]) -> Mapping[str, str]:
    """Task -> case, of those that there are."""
    ids = {id for id in task_ids if id and is_id(id)}
    rows = conn.execute(select(table.c.task_id, table.c.case_id).where(is_in(conn, table.c.task_id, ids)))
    return {task_id: case_id for task_id, case_id in rows}


def named(hand: CasesInHand, said: Said, case_of: Mapping[str, str], task_id: str) -> tuple[Case, Task]:
    """The task with this id, and its case. Raises Refused, `unknown`, where the author does not reach it."""
    try:
        case = hand.case(said, case_of.get(task_id, ""))
    except Refused:
        raise Refused.unknown("task", task_id) from None
    return case, next(task for task in hand.tasks(case) if task.task_id == task_id)


def must_end_by_report(case: Case, task: Task) -> None:
    """Raises Refused for one that ends by a decision about the case: said to be done it would be silent. So
    does the refusal of somebody who is followed as refusing: they go on, or are moved.
    """
    refuses = case.state == case_states.REFUSED and task.kind in (SETTLE_REFUSAL, SETTLE_CENTRAL)
    decided = (
        *(*ENDED_BY_DECISION, *PERMIT_TASKS, *CONTACTS_TASKS),
        *(CONFIRM_TRANSFER, CONFIRM_ADMISSION, JUDGE_BREACH),
    )
    if refuses or task.kind in decided:
        message = "this task ends with what is said of the case, leave to go out, a breach, or contacts"
        raise Refused("not_allowed", [Fault("task_id", "ends_by_decision", message)])


def must_be_decided(task: Task) -> None:
    """Raises Refused for what nobody does but by deciding: where somebody goes, whether they are followed
    again, or who their carer is. Where none is needed, an officer above waives it and says why.
    """
    if task.kind in (DECIDE_POSITIVE, LATE_RESULT, LEAVE_CENTRAL, NAME_CARER):
        message = (
            "this task ends with what is decided about the case, or as the carer is named; or it is waived "
            "with a reason"
        )
        raise Refused("not_allowed", [Fault("task_id", "ends_by_decision", message)])


def in_utc(moment: datetime | None) -> str | None:
    """A moment as outcomes carry it."""
    return moment.astimezone(UTC).isoformat() if moment else None


def earliest_open(tasks: Sequence[Task], kind: str, at: datetime) -> Task | None:
    """The earliest open task of a kind that has begun by then; else the one that was settled last."""
    of_kind = sorted(
        (t for t in tasks if t.kind == kind and t.due_from <= at and t.state != states.CANCELLED),
        key=lambda task: (task.due_from, task.task_id),
    )
    open_ones = [task for task in of_kind if task.live]
    return next(iter(open_ones or reversed(of_kind)), None)

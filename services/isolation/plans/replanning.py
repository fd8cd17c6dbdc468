"""From the tasks that are written down to those that a new plan asks for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from field.ladder import Ladders
from services.isolation.plans import states
from services.isolation.plans.planning import Key, PlannedTask
from services.isolation.plans.task import Task, new_task
from services.isolation.policies.rules import (
    CENTRAL_TASKS,
    CONTACTS_TASKS,
    DECIDE_POSITIVE,
    ENDED_BY_DECISION,
    IN_CENTRE_TASKS,
    JUDGE_BREACH,
    LATE_RESULT,
    LIST_CONTACTS,
    PERMIT_TASKS,
    SETTLE_BREACH,
    SETTLE_HOME,
    SETTLE_REFUSAL,
    TRANSFER_TASKS,
)
from services.isolation.teams.rules import Member, doer

_OF_POSITIVES: Final = (DECIDE_POSITIVE, LIST_CONTACTS, *CONTACTS_TASKS, LATE_RESULT)
OFFICERS_TASKS: Final = (
    *(*ENDED_BY_DECISION, *PERMIT_TASKS, *TRANSFER_TASKS, *CENTRAL_TASKS, *_OF_POSITIVES),
    *IN_CENTRE_TASKS,
    *(SETTLE_REFUSAL, JUDGE_BREACH, SETTLE_BREACH, SETTLE_HOME),
)
"""An officer's, whether or not one is in the team."""


class Difference(NamedTuple):
    """The steps from the tasks written down to those of the plan."""

    new: list[PlannedTask]
    again: list[tuple[Task, PlannedTask]]
    """Taken back earlier and asked for again, or asked for with another day number, time or role."""
    overtaken: list[Task]

    def __bool__(self) -> bool:
        return bool(self.new or self.again or self.overtaken)


def difference(
    written: Iterable[Task],
    wanted: Mapping[Key, PlannedTask],
    *,
    opening: Collection[str],
    clock: datetime,
    untouched_before: datetime | None = None,
    nothing_new_before: datetime | None = None,
    made_up: Collection[str] = (),
) -> Difference:
    """Compare the tasks written down with those that a new plan wants.

    Tasks that were done, missed or taken back stay as history; only unfinished ones are taken back.

    :param opening: kinds of opening task; a kind done since `clock` is not asked for again.
    :param untouched_before: tasks due before it are left as they are (a change of policy plans anew from
        today); opening tasks are compared in any case.
    :param nothing_new_before: what was to be done by then is asked of nobody who was not asked in time,
        opening tasks excepted: it would be overdue at once.
    :param made_up: kinds of task of which those that were asked for are compared in any case, too.
    """
    known = {task.key: task for task in written}
    finished = {t.kind for t in known.values() if t.state in states.FINISHED and t.due_from >= clock}
    new: list[PlannedTask] = []
    again: list[tuple[Task, PlannedTask]] = []

    def in_question(kind: str, due_from: datetime) -> bool:
        return untouched_before is None or due_from >= untouched_before or kind in opening

    def came_too_late(planned: PlannedTask) -> bool:
        if nothing_new_before is None or planned.kind in {*opening, *made_up}:
            return False
        return planned.due_by < nothing_new_before

    for key, planned in wanted.items():
        task = known.get(key)
        if not in_question(*key) and (task is None or task.kind not in made_up):
            continue
        if (task is None or task.state == states.CANCELLED) and came_too_late(planned):
            continue
        if task is None:
            if not (planned.kind in opening and planned.kind in finished):
                new.append(planned)
        elif task.state == states.CANCELLED or (
            task.live and (task.day, task.due_by, task.role) != (planned.day, planned.due_by, planned.role)
        ):
            again.append((task, planned))
    overtaken = [task for key, task in known.items() if task.live and key not in wanted and in_question(*key)]
    return Difference(new, again, overtaken)


@dataclass(frozen=True, slots=True)
class Replanned:
    """A case's tasks under a new plan."""

    new: list[Task]
    changed: list[Task]
    again: list[Task]
    """Those of the changed ones that are due again."""
    live: list[Task]
    asks_something_else: bool
    """The resident is asked for something else, beyond the opening tasks of a measure that goes on."""


def replan(
    case_id: str,
    written: Sequence[Task],
    wanted: Mapping[Key, PlannedTask],
    *,
    opening: Collection[str],
    clock: datetime,
    ladders: Ladders,
    zone: ZoneInfo,
    team: Sequence[Member],
    untouched_before: datetime | None,
    nothing_new_before: datetime | None = None,
    made_up: Collection[str] = (),
) -> Replanned:
    """The tasks of a case as a new plan wants them, each with the member of the team who does it."""
    of_plans = [task for task in written if not task.about]
    steps = difference(
        of_plans,
        wanted,
        opening=opening,
        clock=clock,
        untouched_before=untouched_before,
        nothing_new_before=nothing_new_before,
        made_up=made_up,
    )
    revised = {task.task_id: task.asked_for(planned, ladders, zone) for task, planned in steps.again}
    again = [
        revised[task.task_id]
        for task, planned in steps.again
        if (task.state == states.CANCELLED or task.due_by != planned.due_by) and revised[task.task_id].live
    ]
    revised |= {task.task_id: task.cancelled() for task in steps.overtaken}
    tasks = [revised.get(task.task_id, task) for task in written]
    handed = {task.task_id: task for task in handed_over(tasks, team)}
    new = [new_task(case_id, team, planned) for planned in steps.new]
    touched = {task.kind for task in steps.new} | {task.kind for task in steps.overtaken}
    touched |= {task.kind for task, _ in steps.again}
    return Replanned(
        new=new,
        changed=list((revised | handed).values()),
        again=[handed.get(task.task_id, task) for task in again],
        live=[task for old in tasks if (task := handed.get(old.task_id, old)).live] + new,
        asks_something_else=not touched.issubset(opening),
    )


def reopened(
    task: Task,
    wanted: Mapping[Key, PlannedTask],
    *,
    opening: Collection[str],
    ladders: Ladders,
    zone: ZoneInfo,
    team: Sequence[Member],
) -> Task:
    """A task that is done no more, as the plan asks for it now: whoever of the team does it now has it.

    What no plan asks for any more is taken back. An opening task that the plan moved while it was done stays
    as it was: the next plan moves it.

    :param wanted: the tasks of the plan in force.
    """
    if not task.about:
        planned = wanted.get(task.key)
        if planned is not None:
            task = task.asked_for(planned, ladders, zone)
        elif task.kind not in opening or all(kind != task.kind for kind, _ in wanted):
            return task.cancelled()
    return next(iter(handed_over([task], team)), task)


def handed_over(tasks: Iterable[Task], team: Sequence[Member]) -> list[Task]:
    """The unfinished tasks that another member of the team does now. What an officer must decide is given to
    no worker for want of an officer in the team.
    """
    roles = {member.role for member in team}
    return [
        replace(task, staff_id=who)
        for task in tasks
        if task.live
        and (task.kind not in OFFICERS_TASKS or task.role in roles)
        and task.staff_id != (who := doer(task.role, team))
    ]

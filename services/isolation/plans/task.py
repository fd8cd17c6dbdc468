"""A task of a case, as it is written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chassis.ids import new_id
from field.ladder import Ladder
from services.isolation.plans import states
from services.isolation.plans.planning import Key, PlannedTask
from services.isolation.teams.rules import Member, doer


@dataclass(slots=True)
class Task:
    """One thing one role must do for a case.

    Nobody edits a task in place: a changed task is a new one; a test sees to it. The class is not frozen: a
    frozen one takes ten times as long to make, and several are made for every arrival.
    """

    task_id: str
    case_id: str
    kind: str
    about: str
    """The message it is about; "" for tasks of a plan."""
    day: int
    """Day number of the measure."""
    due_from: datetime
    due_by: datetime
    role: str
    staff_id: str | None
    state: str
    steps_informed: int
    """Steps of the ladder that were informed so far, each of them once."""
    next_step_at: datetime | None
    """When the next step is informed, unless the task is done by then."""

    @property
    def key(self) -> Key:
        return (self.kind, self.due_from)

    @property
    def live(self) -> bool:
        return self.state in states.LIVE

    def done(self) -> Task:
        """Somebody did it, in time or late: the ladder is silent from now on."""
        return replace(self, state=states.TASK.move(self.state, states.DONE), next_step_at=None)

    def cancelled(self) -> Task:
        """Taken back: the plan no longer asks for it."""
        return replace(self, state=states.TASK.move(self.state, states.CANCELLED), next_step_at=None)


def new_task(
    case_id: str, team: Sequence[Member], planned: PlannedTask, ladder: Ladder, about: str = ""
) -> Task:
    """A planned task, given to the member of the team who does it."""
    kind, day, due_from, due_by, role = planned
    return Task(
        new_id(),
        case_id,
        kind,
        about,
        day,
        due_from,
        due_by,
        role,
        doer(role, team),
        states.DUE,
        0,
        ladder.falls_due(due_by, 1),
    )

"""A task of a case, as it is written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from chassis.ids import new_id
from field.ladder import Ladders
from services.isolation.plans import states
from services.isolation.plans.acts import MOST, SETTLING, TAKEN_BACK, Act, Acts, course
from services.isolation.plans.planning import Key, PlannedTask
from services.isolation.teams.rules import Member, doer

FIRST_CONTACT: Final = "first_contact"
"""The kind of task with which somebody is reached for the first time; registration hears when it is done."""


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
    """The id of the message, check-in or refusal it is about; "" for tasks of a plan."""
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
    acts: Acts | None = None
    """What people said of it; None: nothing yet."""

    @property
    def key(self) -> Key:
        return (self.kind, self.due_from)

    @property
    def live(self) -> bool:
        return self.state in states.LIVE

    @property
    def version(self) -> int:
        """Counts what was said of it: a decision names the version on which it was made."""
        return len(self.acts.said) if self.acts else 0

    def takes(self, what: str) -> bool:
        """Whether one more act of this kind is kept with it."""
        return (
            self.version < MOST
            or what == TAKEN_BACK
            or (what in SETTLING and self.version < 2 * MOST and not (self.acts and self.acts.last(what)))
        )

    def cancelled(self) -> Task:
        """Taken back: the plan no longer asks for it."""
        acts = replace(self.acts, next_step_at=None) if self.acts else None
        cancelled = states.TASK.move(self.state, states.CANCELLED)
        return replace(self, state=cancelled, next_step_at=None, acts=acts)

    def after(self, act: Act, ladders: Ladders, zone: ZoneInfo) -> Task:
        """The task after somebody said something of it; of one that was taken back, it is only kept."""
        so_far = self.acts or Acts(self.state == states.MISSED, self.next_step_at)
        return self._standing(so_far.and_(act), ladders, zone)

    def asked_for(self, planned: PlannedTask, ladders: Ladders, zone: ZoneInfo) -> Task:
        """As a plan asks for it now: with another day number, time or role, or again after it was taken back.

        Steps that were informed stay informed: each is one event, once.
        """
        asked = replace(self, day=planned.day, due_by=planned.due_by, role=planned.role)
        if self.state != states.CANCELLED and self.due_by == planned.due_by:
            return asked
        next_step_at = ladders.falls_due(self.kind, planned.due_by, self.steps_informed + 1)
        if self.acts:
            return asked._standing(Acts(False, next_step_at, self.acts.said), ladders, zone)
        return replace(asked, state=_moved(self.state, states.DUE), next_step_at=next_step_at)

    def _standing(self, acts: Acts, ladders: Ladders, zone: ZoneInfo) -> Task:
        """One that was done before acts were kept has no step to go back to: whoever did it is not known."""
        if self.state in (states.CANCELLED, states.DONE) and acts.next_step_at is None:
            return replace(self, acts=acts)
        now = course(acts, self.steps_informed, ladders.of(self.kind), zone)
        return replace(
            self,
            state=_moved(self.state, now.state),
            next_step_at=ladders.awake(self.kind, now.at) if now.at else None,
            acts=acts,
        )


def _moved(state: str, to: str) -> str:
    return state if state == to else states.TASK.move(state, to)


def new_task(case_id: str, team: Sequence[Member], planned: PlannedTask, about: str = "") -> Task:
    """A planned task, given to the member of the team who does it."""
    kind, day, due_from, due_by, role, first_step_at = planned
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
        first_step_at,
    )

"""What households wait for, each with its task and its case, as officers' lists of them have in common."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, text, true

from chassis.doors.declared import NOW, Condition
from contracts.faults import Fault, Refused
from services.isolation.cases.tables import cases
from services.isolation.plans import states
from services.isolation.plans.tables import tasks

_K: Final = tasks.c
OF_TASK: Final = ("task_id", "due_by", "role", "staff_id")
OF_CASE: Final = ("case_id", "household_id", "street", "community", "grid")
WAITING: Final = (
    _K.state.in_(sorted(states.LIVE)),
    # A literal, so that the planner sees that the partial index holds all of them.
    text("tasks.about <> ''"),
    cases.c.closed_at.is_(None),
)
"""Somebody has still to see to it, of a case that is followed."""


def _overdue(value: str | None) -> ColumnElement[bool]:
    """The filter of that name: yes, no, or all. Raises Refused."""
    if value is None:
        return true()
    if value not in ("yes", "no"):
        raise Refused.invalid([Fault("overdue", "unknown_word", "must be yes or no")])
    return _K.due_by < NOW if value == "yes" else _K.due_by >= NOW


OVERDUE: Final = Condition(_overdue)

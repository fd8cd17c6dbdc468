"""A task was not done in time: the staff of the next rung of the ladder, named by the event, are informed."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from field.words import URGENT_TASKS
from services.notification.events.digest import OVERDUE
from services.notification.events.event import (
    CASE_NUMBER,
    DUE_BY,
    TASK_KIND,
    Data,
    Facts,
    InformingEvent,
    Line,
    Notice,
    Parameter,
    Recipient,
    Selector,
    case_number,
    staff_by_id,
)

LADDER: Final = "ladder"
URGENT: Final = "urgent"
"""In a rule, for the kinds of task that are urgent at any hour."""
_COMMUNITY: Final = "community"


class TaskOverdue(InformingEvent):
    type = "task.overdue"
    handler = "tell_task_overdue"
    in_digest = OVERDUE
    parameters: ClassVar[Mapping[str, Parameter]] = {
        "task_kind": TASK_KIND,
        "day": Parameter(14, optional=True),
        "due_by": DUE_BY,
        "level": Parameter("community"),
        "case_number": CASE_NUMBER,
    }
    selectors = (Selector("tasks", "kind"),)
    recipients = (LADDER,)

    def notice(self, data: Data, version: int) -> Notice:
        case_id: str = data["case_id"]
        return Notice(
            f"overdue:{data['task_id']}:{data['step']}",
            case_id,
            data["arrival_id"],
            self.type,
            data["step"],
            {
                "task_kind": data["kind"],
                "day": data.get("day"),
                "due_by": data["due_by"],
                "level": data["tell"]["level"],
                "case_number": case_number(case_id),
                _COMMUNITY: data.get("community"),
            },
        )

    def facts(self, data: Data) -> Facts:
        kind = data["kind"]
        urgent = data.get("urgent") or kind in URGENT_TASKS  # a policy may say so of others
        return ((kind, URGENT) if urgent else (kind,),)

    def line(self, parameters: Mapping[str, Any]) -> Line:
        return Line(self.in_digest, parameters["task_kind"], parameters.get(_COMMUNITY) or "")

    def resolve(self, name: str, role: str | None, data: Data) -> Iterable[Recipient]:
        return staff_by_id(data["tell"]["staff"])

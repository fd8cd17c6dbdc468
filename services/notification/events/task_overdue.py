"""A task was not done in time: the staff of the next rung of the ladder, named by the event, are informed."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import ClassVar, Final

from services.notification.events.event import (
    Data,
    Facts,
    InformingEvent,
    Notice,
    Parameter,
    Recipient,
    Selector,
    staff,
)

LADDER: Final = "ladder"


class TaskOverdue(InformingEvent):
    type = "task.overdue"
    handler = "tell_task_overdue"
    parameters: ClassVar[Mapping[str, Parameter]] = {
        "task_kind": Parameter("first_contact"),
        "day": Parameter(14, optional=True),
        "due_by": Parameter(datetime.fromisoformat("2022-11-28T12:30:00+00:00")),
        "level": Parameter("community"),
        "case_number": Parameter("0F3C9A7B"),
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
            },
        )

    def facts(self, data: Data) -> Facts:
        return ((data["kind"],),)

    def resolve(self, name: str, role: str | None, data: Data) -> Iterable[Recipient]:
        return map(staff, sorted(data["tell"]["staff"], key=lambda member: str(member["staff_id"])))


def case_number(case_id: str) -> str:
    """Short enough for a text message, and unlike the number of a neighbouring case."""
    return case_id[-8:].upper()

"""The event task.overdue, for a task that was not done and for a message that reached nobody of a level."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.isolation.teams.ladder import Informed


def overdue_data(
    subject: str,
    case_id: str,
    *,
    kind: str,
    day: int,
    due_by: datetime,
    step: int,
    informed: Informed,
    community: str | None,
    urgent: bool = False,
    because: str | None = None,
) -> dict[str, Any]:
    """Data of task.overdue.

    :param subject: the task's id, or an id made for the message that reached nobody.
    :param because: why it was not possible, of a task about which an officer must decide.
    """
    return {
        "task_id": subject,
        "case_id": case_id,
        "arrival_id": case_id,
        "kind": kind,
        "day": day,
        "due_by": due_by,
        "step": step,
        "tell": informed.as_data(),
        "community": community,
        "urgent": urgent,
        "because": because,
    }

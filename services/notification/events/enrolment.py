"""The link that lets a phone of staff in: one message to whoever it is for, and to no deputy. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from services.notification.events.digest import subject_id
from services.notification.events.event import Notice, Parameter

ENROLMENT: Final = "enrolment"
"""The rule of its message, and the beginning of the notice's key."""
TEMPLATE: Final = "staff_enrolment"
PARAMETERS: Final[Mapping[str, Parameter]] = {
    "until": Parameter(datetime.fromisoformat("2022-11-28T12:30:00+00:00"))
}


def enrolment_notice(staff_id: str, said_by: str, until: datetime, link: str) -> Notice:
    """It stands by itself, under no case.

    :param said_by: the id of the command.
    :param link: sealed.
    """
    subject = subject_id(staff_id, said_by)
    parameters: dict[str, Any] = {"until": until.isoformat()}
    return Notice(ENROLMENT, subject, subject, "enrolment.offered", 1, parameters, link=link)

"""A check-in alarms: whoever it names is told at once, and told as well that it was a mistake."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import ClassVar, Final

from services.notification.events.event import (
    PLACE,
    Data,
    InformingEvent,
    Notice,
    Parameter,
    Recipient,
    staff,
)
from services.notification.events.task_overdue import case_number

ALARMED: Final = "alarmed"
_NUMBER: Final = Parameter("0F3C9A7B")


class CheckInAbnormal(InformingEvent):
    """Neither name nor phone, nor what was measured: place, number of the case, and until when."""

    type = "check_in.abnormal"
    handler = "tell_check_in_abnormal"
    parameters: ClassVar[Mapping[str, Parameter]] = {
        "place": PLACE,
        "case_number": _NUMBER,
        "due_by": Parameter(datetime.fromisoformat("2022-11-28T12:30:00+00:00")),
    }
    recipients = (ALARMED,)

    def places(self, data: Data) -> tuple[str | None, ...]:
        return data.get("grid"), data.get("community")

    def notice(self, data: Data, version: int) -> Notice:
        return Notice(
            f"abnormal:{data['check_in_id']}:{version}",
            data["case_id"],
            data["arrival_id"],
            self.type,
            version,
            {"place": None, "case_number": case_number(data["case_id"]), "due_by": data["due_by"]},
        )

    def resolve(self, name: str, role: str | None, data: Data) -> Iterable[Recipient]:
        return map(staff, sorted(data["tell"]["staff"], key=lambda member: str(member["staff_id"])))


class CheckInCorrected(InformingEvent):
    type = "check_in.corrected"
    handler = "tell_check_in_corrected"
    parameters: ClassVar[Mapping[str, Parameter]] = {"place": PLACE, "case_number": _NUMBER}
    recipients = (ALARMED,)

    def places(self, data: Data) -> tuple[str | None, ...]:
        return data.get("grid"), data.get("community")

    def notice(self, data: Data, version: int) -> Notice:
        return Notice(
            f"corrected:{data['check_in_id']}:{version}",
            data["case_id"],
            data["arrival_id"],
            self.type,
            version,
            {"place": None, "case_number": case_number(data["case_id"])},
        )

    def resolve(self, name: str, role: str | None, data: Data) -> Iterable[Recipient]:
        return map(staff, sorted(data["tell"]["staff"], key=lambda member: str(member["staff_id"])))


def check_in_of(notice: Notice) -> str:
    """Of a notice of these events, the id of the check-in."""
    return notice.key.split(":")[1]

"""A check-in alarms: whoever it names is told at once, and told as well that it was a mistake."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from services.notification.events.event import (
    CASE_NUMBER,
    DUE_BY,
    PLACE,
    Data,
    InformingEvent,
    Notice,
    Parameter,
    Recipient,
    case_number,
    staff_by_id,
)

ALARMED: Final = "alarmed"


class _OfCheckIn(InformingEvent):
    """Neither name nor phone, nor what was measured: place and number of the case."""

    word: ClassVar[str]
    """With which the key of its notices begins; the id of the check-in follows."""
    parameters: ClassVar[Mapping[str, Parameter]] = {"place": PLACE, "case_number": CASE_NUMBER}
    recipients = (ALARMED,)

    def places(self, data: Data) -> tuple[str | None, ...]:
        return data.get("grid"), data.get("community")

    def notice(self, data: Data, version: int) -> Notice:
        return Notice(
            f"{self.word}:{data['check_in_id']}:{version}",
            data["case_id"],
            data["arrival_id"],
            self.type,
            version,
            self.says(data),
        )

    def says(self, data: Data) -> dict[str, Any]:
        """The place is named when the messages are planned."""
        return {"place": None, "case_number": case_number(data["case_id"])}

    def resolve(self, name: str, role: str | None, data: Data) -> Iterable[Recipient]:
        return staff_by_id(data["tell"]["staff"])


class CheckInAbnormal(_OfCheckIn):
    """It says as well until when somebody is to see to it."""

    type = "check_in.abnormal"
    handler = "tell_check_in_abnormal"
    word = "abnormal"
    parameters: ClassVar[Mapping[str, Parameter]] = {
        **_OfCheckIn.parameters,
        "due_by": DUE_BY,
    }

    def says(self, data: Data) -> dict[str, Any]:
        return super().says(data) | {"due_by": data["due_by"]}


class CheckInCorrected(_OfCheckIn):
    type = "check_in.corrected"
    handler = "tell_check_in_corrected"
    word = "corrected"


def check_in_of(notice: Notice) -> str:
    """Of a notice of these events, the id of the check-in."""
    return notice.key.split(":")[1]

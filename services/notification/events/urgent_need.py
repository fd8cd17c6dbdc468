"""A household needs a doctor, or medicine that ends today: whoever it names is told at once."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from services.notification.events.abnormal_check_in import ALARMED
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


class NeedUrgent(InformingEvent):
    """Neither name nor phone, nor what is needed: place and number of the case."""

    type = "need.urgent"
    handler = "tell_need_urgent"
    parameters: ClassVar[Mapping[str, Parameter]] = {
        "place": PLACE,
        "case_number": CASE_NUMBER,
        "due_by": DUE_BY,
    }
    recipients = (ALARMED,)

    def places(self, data: Data) -> tuple[str | None, ...]:
        return data.get("grid"), data.get("community")

    def notice(self, data: Data, version: int) -> Notice:
        says: dict[str, Any] = {
            "place": None,  # named when the messages are planned
            "case_number": case_number(data["case_id"]),
            "due_by": data["due_by"],
        }
        return Notice(
            f"need:{data['need_id']}", data["case_id"], data["arrival_id"], self.type, version, says
        )

    def resolve(self, name: str, role: str | None, data: Data) -> Iterable[Recipient]:
        return staff_by_id(data["tell"]["staff"])

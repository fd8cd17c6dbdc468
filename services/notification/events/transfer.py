"""A community is asked to take people over from another one, or has answered: the other side's officers learn
of it.
"""

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

OTHER_SIDE: Final = "other_side"


class _Transfer(InformingEvent):
    """Its notice stands with the first of the people. Neither name nor phone is in it, nor a measure."""

    parameters: ClassVar[Mapping[str, Parameter]] = {
        "place": PLACE,
        "other_place": PLACE,
        "case_number": CASE_NUMBER,
        "persons": Parameter(30),
    }
    recipients = (OTHER_SIDE,)

    def key(self, data: Data) -> str:
        return f"{self.type}:{data['transfer_id']}"

    def notice(self, data: Data, version: int) -> Notice:
        first = data["arrivals"][0]
        return Notice(self.key(data), first, first, self.type, version, self.says(data))

    def says(self, data: Data) -> dict[str, Any]:
        return {
            "place": data["to_place"],
            "other_place": data["from_place"],
            "case_number": case_number(data["arrivals"][0]),
            "persons": len(data["arrivals"]),
        }

    def resolve(self, name: str, role: str | None, data: Data) -> Iterable[Recipient]:
        return staff_by_id(data["staff"])


class TransferAsked(_Transfer):
    type = "transfer.asked"
    handler = "tell_transfer_asked"
    parameters: ClassVar[Mapping[str, Parameter]] = {**_Transfer.parameters, "due_by": DUE_BY}

    def says(self, data: Data) -> dict[str, Any]:
        return super().says(data) | {"due_by": data["answer_by"]}


class TransferAnswered(_Transfer):
    """By one transfer two things can become of it: refused, and then withdrawn."""

    type = "transfer.answered"
    handler = "tell_transfer_answered"
    parameters: ClassVar[Mapping[str, Parameter]] = {
        **_Transfer.parameters,
        "decision": Parameter("withdrawn"),
    }

    def key(self, data: Data) -> str:
        return f"{super().key(data)}:{data['decision']}"

    def says(self, data: Data) -> dict[str, Any]:
        return super().says(data) | {"decision": data["decision"]}

"""Something of one case cannot wait: whoever the event names is told at once."""

from abc import abstractmethod
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


class Alarm(InformingEvent):
    """Neither name nor phone, nor what was measured or is needed: place and number of the case."""

    parameters: ClassVar[Mapping[str, Parameter]] = {"place": PLACE, "case_number": CASE_NUMBER}
    recipients = (ALARMED,)

    @abstractmethod
    def key(self, data: Data, version: int) -> str:
        """Of its notice."""

    def places(self, data: Data) -> tuple[str | None, ...]:
        return data.get("grid"), data.get("community")

    def notice(self, data: Data, version: int) -> Notice:
        case_id, arrival_id = data["case_id"], data["arrival_id"]
        return Notice(self.key(data, version), case_id, arrival_id, self.type, version, self.says(data))

    def says(self, data: Data) -> dict[str, Any]:
        """The place is named when the messages are planned."""
        return {"place": None, "case_number": case_number(data["case_id"])}

    def resolve(self, name: str, role: str | None, data: Data) -> Iterable[Recipient]:
        return staff_by_id(data["tell"]["staff"])


class AlarmWithTerm(Alarm):
    """It says as well until when somebody is to see to it."""

    parameters: ClassVar[Mapping[str, Parameter]] = {**Alarm.parameters, "due_by": DUE_BY}

    def says(self, data: Data) -> dict[str, Any]:
        return super().says(data) | {"due_by": data["due_by"]}

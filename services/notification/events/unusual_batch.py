"""A laboratory's batch is unusual: the officers on duty call the laboratory before anything follows."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from services.notification.events.event import (
    CASE_NUMBER,
    DUE_BY,
    Data,
    InformingEvent,
    Notice,
    Parameter,
    Recipient,
    case_number,
    staff_by_id,
)
from services.notification.events.unmatched_test import ON_DUTY


class ResultBatchUnusual(InformingEvent):
    """Its notice stands by itself, under the batch. It names nobody."""

    type = "result_batch.unusual"
    handler = "tell_result_batch_unusual"
    parameters: ClassVar[Mapping[str, Parameter]] = {"result_number": CASE_NUMBER, "due_by": DUE_BY}
    recipients = (ON_DUTY,)

    def notice(self, data: Data, version: int) -> Notice:
        id = data["batch_id"]
        says: dict[str, Any] = {"result_number": case_number(id), "due_by": data["wait_until"]}
        return Notice("unusual", id, id, self.type, version, says)

    def resolve(self, name: str, role: str | None, data: Data) -> Iterable[Recipient]:
        return staff_by_id(data["staff"])

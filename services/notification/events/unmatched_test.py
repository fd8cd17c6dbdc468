"""A result is of nobody who is followed here: the district looks whose it is."""

from collections.abc import Iterable, Mapping
from typing import ClassVar, Final

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

ON_DUTY: Final = "on_duty"


class TestUnmatched(InformingEvent):
    """Its notice stands by itself, under the result. It says neither what was found nor in whom."""

    __test__ = False  # no test of pytest

    type = "test.unmatched"
    handler = "tell_test_unmatched"
    parameters: ClassVar[Mapping[str, Parameter]] = {
        "result_number": CASE_NUMBER,
        "due_by": DUE_BY,
    }
    recipients = (ON_DUTY,)

    def notice(self, data: Data, version: int) -> Notice:
        result_id: str = data["result_id"]
        return Notice(
            "unmatched",
            result_id,
            result_id,
            self.type,
            version,
            {"result_number": case_number(result_id), "due_by": data["due_by"]},
        )

    def resolve(self, name: str, role: str | None, data: Data) -> Iterable[Recipient]:
        return staff_by_id(data["staff"])

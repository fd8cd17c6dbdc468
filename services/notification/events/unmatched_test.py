"""A result is of nobody who is followed here: the district looks whose it is."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import ClassVar, Final

from services.notification.events.event import Data, InformingEvent, Notice, Parameter, Recipient, staff
from services.notification.events.task_overdue import case_number

ON_DUTY: Final = "on_duty"


class TestUnmatched(InformingEvent):
    """Its notice stands by itself, under the result. It says neither what was found nor in whom."""

    __test__ = False  # no test of pytest

    type = "test.unmatched"
    handler = "tell_test_unmatched"
    parameters: ClassVar[Mapping[str, Parameter]] = {
        "result_number": Parameter("0F3C9A7B"),
        "due_by": Parameter(datetime.fromisoformat("2022-11-28T12:30:00+00:00")),
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
        return map(staff, sorted(data["staff"], key=lambda member: str(member["staff_id"])))

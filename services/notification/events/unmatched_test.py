"""A positive is of nobody who is followed here: the district looks whose it is, until it is corrected."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

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


class _OfResult(InformingEvent):
    """Its notice stands by itself, under the result. It says neither what was found nor in whom."""

    word: ClassVar[str]
    """The key of its notice."""
    parameters: ClassVar[Mapping[str, Parameter]] = {"result_number": CASE_NUMBER}
    recipients = (ON_DUTY,)

    def notice(self, data: Data, version: int) -> Notice:
        result_id: str = data["result_id"]
        return Notice(self.word, result_id, result_id, self.type, version, self.says(data))

    def says(self, data: Data) -> dict[str, Any]:
        return {"result_number": case_number(data["result_id"])}

    def resolve(self, name: str, role: str | None, data: Data) -> Iterable[Recipient]:
        return staff_by_id(data["staff"])


class TestUnmatched(_OfResult):
    """It says as well until when somebody is to find out."""

    __test__ = False  # no test of pytest

    type = "test.unmatched"
    handler = "tell_test_unmatched"
    word = "unmatched"
    parameters: ClassVar[Mapping[str, Parameter]] = {**_OfResult.parameters, "due_by": DUE_BY}

    def says(self, data: Data) -> dict[str, Any]:
        return super().says(data) | {"due_by": data["due_by"]}


class TestUnmatchedCorrected(_OfResult):
    __test__ = False  # no test of pytest

    type = "test.unmatched_corrected"
    handler = "tell_test_unmatched_corrected"
    word = "unmatched_corrected"

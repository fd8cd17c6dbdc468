"""A case was opened: the resident learns the measure and whom to call, the owner whom to visit."""

from services.notification.events.case import MEASURE, CaseEvent
from services.notification.events.event import Data, Facts


class CaseOpened(CaseEvent):
    type = "case.opened"
    handler = "tell_case_opened"
    selectors = (MEASURE,)

    def key(self, version: int) -> str:
        return f"opened:{version}"

    def facts(self, data: Data) -> Facts:
        return ((data["measure"],),)

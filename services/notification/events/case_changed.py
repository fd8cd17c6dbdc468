"""A case was changed, perhaps in several ways at once; each recipient gets one message about all of them."""

from typing import Final

from services.notification.events.case import MEASURE, CaseEvent
from services.notification.events.event import Data, Facts, Selector

CHANGES: Final = ("stricter", "laxer", "assigned", "rescheduled", "cancelled", "details")

# After one of these an earlier message about the case, not yet sent, would say something untrue.
_SUPERSEDING: Final = frozenset({"stricter", "laxer", "rescheduled", "cancelled"})


class CaseChanged(CaseEvent):
    type = "case.changed"
    handler = "tell_case_changed"
    selectors = (MEASURE, Selector("changes", "change", CHANGES))

    def key(self, version: int) -> str:
        return f"changed:{version}"

    def supersedes(self, data: Data) -> bool:
        return not _SUPERSEDING.isdisjoint(data["change"]["kinds"])

    def facts(self, data: Data) -> Facts:
        return (data["measure"],), tuple(sorted(data["change"]["kinds"]))

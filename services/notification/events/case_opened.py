"""A case was opened: the resident learns the measure and whom to call, the owner whom to visit.

The others of its team learn that they have one more.
"""

from collections.abc import Iterable
from typing import Final

from services.notification.events.case import MEASURE, CaseEvent
from services.notification.events.digest import NEW
from services.notification.events.event import Data, Facts, Recipient, staff

MEMBERS: Final = "members"
"""Those of the team who do not answer for the case."""


class CaseOpened(CaseEvent):
    type = "case.opened"
    handler = "tell_case_opened"
    in_digest = NEW
    selectors = (MEASURE,)
    recipients = (*CaseEvent.recipients, MEMBERS)

    def key(self, version: int) -> str:
        return f"opened:{version}"

    def facts(self, data: Data) -> Facts:
        return ((data["measure"],),)

    def resolve(self, name: str, role: str | None, data: Data) -> Iterable[Recipient]:
        if name == MEMBERS:
            return [staff(member) for member in data["team"][1:] if member["staff_id"]]
        return super().resolve(name, role, data)

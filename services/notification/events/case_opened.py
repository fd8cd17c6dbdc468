"""A case was opened: the resident learns the measure and whom to call, the owner whom to visit.

The others of its team learn that they have one more, and officers whom the policy tells that there is one.
"""

from collections.abc import Iterable
from typing import Final

from services.notification.events.case import CARE_TEAM, MEASURE, CaseEvent, told
from services.notification.events.digest import NEW
from services.notification.events.event import Data, Facts, Recipient, staff

MEMBERS: Final = "members"
"""Those of the team who do not answer for the case, as far as its policy tells them."""
OFFICERS: Final = "officers"
"""Those of a level whom its policy tells."""


class CaseOpened(CaseEvent):
    type = "case.opened"
    handler = "tell_case_opened"
    in_digest = NEW
    selectors = (MEASURE,)
    recipients = (*CaseEvent.recipients, MEMBERS, OFFICERS)

    def key(self, version: int) -> str:
        return f"opened:{version}"

    def facts(self, data: Data) -> Facts:
        return ((data["measure"],),)

    def resolve(self, name: str, role: str | None, data: Data) -> Iterable[Recipient]:
        if name == MEMBERS:
            others = (member for member in data["team"][1:] if member["staff_id"])
            who = told(data)
            return [staff(member) for member in others if CARE_TEAM in who or member["role"] in who]
        if name == OFFICERS:
            return [staff(member) for member in data.get("officers") or ()]
        return super().resolve(name, role, data)

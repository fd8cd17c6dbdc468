"""A case was changed, perhaps in several ways at once; each recipient gets one message about all of them."""

from collections.abc import Iterable
from typing import Final

from services.notification.events.case import FORMER_NUMBER, MEASURE, PREVIOUS_OWNER, CaseEvent
from services.notification.events.digest import CHANGES as CHANGES_IN_DIGEST
from services.notification.events.event import FORMER, Data, Facts, Recipient, Selector, staff

CHANGES: Final = (
    *("stricter", "laxer", "assigned", "rescheduled", "cancelled", "released", "refused", "resumed"),
    *("ended_elsewhere", "died", "moved_to_central", "moved_to_hospital", "reopened", "merged", "details"),
    *("phone", "wrong_number", "door", "time", "handed_on", "permit_granted", "permit_refused"),
    *("admonished", "breach_confirmed", "admonition_taken_back", "central_decided", "central_taken_back"),
)

# After one of these an earlier message about the case, not yet sent, would say something untrue.
_SUPERSEDING: Final = frozenset(
    {
        *("stricter", "laxer", "rescheduled", "cancelled", "released", "merged", "phone", "handed_on"),
        *("ended_elsewhere", "died", "moved_to_central", "moved_to_hospital", "reopened"),
    }
)
# So it would to the worker; but with a new worker the resident is told of that alone, and must get the rest.
_CORRECTING: Final = frozenset({"door", "time"})

# The resident hears of these whatever their policy says by `told`: what was asked of them is over, less or of
# other days, they get an answer, or an officer says something to them. The others ask for more, or say again
# what is asked.
_HEARD_ANYWAY: Final = frozenset(
    {
        *("laxer", "rescheduled", "cancelled", "released", "merged", "ended_elsewhere", "moved_to_central"),
        *("permit_granted", "permit_refused", "admonished", "admonition_taken_back"),
    }
)

JOINED: Final = "joined"
"""Whoever took the place of another in the team with the change."""
GIVEN: Final = "given"
"""Whoever has tasks now that went along to another place, beside the owner."""


class CaseChanged(CaseEvent):
    type = "case.changed"
    in_digest = CHANGES_IN_DIGEST
    handler = "tell_case_changed"
    selectors = (MEASURE, Selector("changes", "change", CHANGES))
    recipients = (*CaseEvent.recipients, PREVIOUS_OWNER, FORMER_NUMBER, JOINED, GIVEN)

    def key(self, version: int) -> str:
        return f"changed:{version}"

    def supersedes(self, data: Data) -> bool:
        kinds = set(data["change"]["kinds"])
        return bool(kinds & _SUPERSEDING or (kinds & _CORRECTING and "assigned" not in kinds))

    def hears_anyway(self, data: Data) -> bool:
        return not _HEARD_ANYWAY.isdisjoint(data["change"]["kinds"])

    def resolve(self, name: str, role: str | None, data: Data) -> Iterable[Recipient]:
        if name == FORMER_NUMBER:
            return (Recipient(FORMER),)
        if name == PREVIOUS_OWNER:
            member = data["change"].get("previous_owner")
            return (staff(member),) if member else ()
        if name == JOINED:
            joined = data["change"].get("joined") or ()
            return [staff(member) for member in data["team"] if member["staff_id"] in joined]
        if name == GIVEN:
            return [staff(member) for member in data["change"].get("given") or ()]
        return super().resolve(name, role, data)

    def facts(self, data: Data) -> Facts:
        return (data["measure"],), tuple(sorted(data["change"]["kinds"]))

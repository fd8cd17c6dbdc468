"""The events about a case have the same parameters, and the same people to inform."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Final

from field.words import MEASURES
from services.notification.events.event import (
    RESIDENT,
    Data,
    InformingEvent,
    Notice,
    Parameter,
    Recipient,
    Selector,
    resident,
    staff,
)

OWNER: Final = "owner"
"""Whoever answers for the case: the first of its team."""
TEAM: Final = "team"
CARE_TEAM: Final = "care_team"
"""Of those who are told: all of the team."""
PREVIOUS_OWNER: Final = "previous_owner"
FORMER_NUMBER: Final = "former_number"

MEASURE: Final = Selector("measures", "measure", MEASURES)

# Roles that a resident may call: the first of them that the case has is named in texts.
_CONTACT_ROLES: Final = ("grid_worker", "community_officer", "health_worker")

_ENDED: Final = ("cancelled", "released", "moved_to_central", "moved_to_hospital", "transferred")
"""States of a case."""

ASKED_AT_THE_DOOR: Final = "asked_at_the_door"
"""Parameter of a notice: no text asks the resident for anything, as their policy says; staff do."""

_SAYS: Final = ("measure", "days", "counted_from", "release_on")


class CaseEvent(InformingEvent):
    """A case as it stands after the event: resident, owner and team can be informed of it."""

    parameters: ClassVar[Mapping[str, Parameter]] = {
        "measure": Parameter("central_isolation"),
        "previous_measure": Parameter("home_health_monitoring", optional=True),
        "days": Parameter(14, optional=True),
        "counted_from": Parameter(date(2022, 11, 28), optional=True),
        "release_on": Parameter(date(2022, 12, 12), optional=True),
        "risk_level": Parameter("medium", optional=True),
        "reason": Parameter(None, optional=True),
        "others": Parameter(12, optional=True),
        "ended": Parameter(True, optional=True),
        "contact_by": Parameter(datetime.fromisoformat("2022-11-28T12:30:00+00:00"), optional=True),
    }
    recipients: ClassVar[tuple[str, ...]] = (RESIDENT, OWNER, TEAM)

    @abstractmethod
    def key(self, version: int) -> str: ...

    def supersedes(self, data: Data) -> bool:
        return False

    def hears_anyway(self, data: Data) -> bool:
        """Whether the resident is told whatever their policy says by `told`."""
        return False

    def notice(self, data: Data, version: int) -> Notice:
        contact = _to_call(data["team"])
        change = data.get("change") or {}
        return Notice(
            self.key(version),
            data["case_id"],
            data["arrival_id"],
            self.type,
            version,
            {
                "measure": data["measure"],
                "previous_measure": change.get("previous_measure"),
                "days": data.get("days"),
                "counted_from": data.get("first_day") or data.get("counted_from"),
                "release_on": data.get("release_on"),
                "risk_level": data.get("risk_level"),
                "reason": change.get("reason"),
                "others": None,
                "ended": True if data["state"] in _ENDED else None,
                "contact_by": _contact_by(data.get("today") or ()),
                **({} if RESIDENT in told(data) else {ASKED_AT_THE_DOOR: True}),
            },
            data.get("household_id"),
            self.supersedes(data),
            data.get("person"),
            contact.get("contact"),
            data.get("link"),
            (*(data.get(name) for name in _SAYS), contact.get("staff_id")),
        )

    def resolve(self, name: str, role: str | None, data: Data) -> Iterable[Recipient]:
        if name == RESIDENT:
            hears = RESIDENT in told(data) or self.hears_anyway(data)
            return (resident(data),) if hears else ()
        team: Sequence[Data] = data["team"]
        members = team[:1] if name == OWNER else [member for member in team if member["role"] == role]
        return [staff(member) for member in members if member["staff_id"]]


def told(data: Data) -> Sequence[str]:
    """Whom its policy tells of a case, besides whoever answers for it: words of TOLD_OF_CASES."""
    said: Sequence[str] | None = data.get("told")
    return (RESIDENT, CARE_TEAM) if said is None else said


def _to_call(team: Sequence[Data]) -> Data:
    """The member of the team whom the resident may call; empty where nobody has a contact."""
    reachable = {member["role"]: member for member in team if member.get("contact")}
    for role in _CONTACT_ROLES:
        if role in reachable:
            return reachable[role]
    return next(iter(reachable.values()), {})


def _contact_by(today: Iterable[Mapping[str, Any]]) -> Any:
    """By when somebody is to be at the door, where that is planned."""
    return min((task["due_by"] for task in today if task["kind"] == "first_contact"), default=None)

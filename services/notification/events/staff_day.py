"""What a member of staff has to do today: it is told by the first digest of the day."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from services.notification.events.digest import PARAMETERS, TODAY, subject_id
from services.notification.events.event import Data, InformingEvent, Notice, Parameter, Recipient, staff

WORKER: Final = "worker"
_SAYS: Final = ("on", "households", "tasks", "overdue", "first_visits", "ending")


class StaffDayPlanned(InformingEvent):
    """Its notice stands by itself, under no case; of a case it is about one is named in events."""

    type = "staff.day_planned"
    handler = "tell_staff_day"
    in_digest = TODAY
    parameters: ClassVar[Mapping[str, Parameter]] = {TODAY: PARAMETERS[TODAY]}
    recipients = (WORKER,)

    def notice(self, data: Data, version: int) -> Notice:
        today: dict[str, Any] = {name: data[name] for name in _SAYS}
        return Notice(
            f"day:{data['on']}",
            subject_id(data["staff_id"], str(data["on"])),
            data["arrival_id"],
            self.type,
            version,
            {TODAY: {**today, "on": str(data["on"])}},
        )

    def resolve(self, name: str, role: str | None, data: Data) -> Iterable[Recipient]:
        return (staff(data),)

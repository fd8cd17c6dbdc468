"""What all who act in a day share: the doors, the time of the field, and what was played so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chassis.ids import new_id
from demo.days.doors import DoorClosed, Doors, Who
from demo.days.played import Played


@dataclass
class Scene:
    """:param now: the time of the field at this moment of the day.
    :param officers: place -> those who answer for it.
    :param district: whoever answers for all of it.
    """

    doors: Doors
    seed: int
    officers: Mapping[str, tuple[str, ...]]
    district: str
    now: datetime
    played: Played = field(default_factory=Played)

    def open_tasks(self) -> list[dict[str, Any]]:
        """All of the district that are due today or were missed."""
        return list(self.doors.rows(Who.staff(self.district), "isolation", "open_tasks"))

    def to_release(self) -> list[dict[str, Any]]:
        """Cases of the district whose release waits for an officer."""
        return list(self.doors.rows(Who.staff(self.district), "isolation", "cases_to_release"))

    def say(self, who: Who, service: str, command: str, data: Mapping[str, Any]) -> dict[str, Any] | None:
        """The result; None where it was refused, for instance because somebody else was quicker."""
        try:
            return self.doors.say(who, service, command, data, new_id())
        except DoorClosed as error:
            self.played.refused[str(error)[:300]] += 1
            return None

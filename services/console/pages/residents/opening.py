"""Whose page a link opens: asked at isolation's door each time, for nothing of it is kept here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from chassis.commands.command import Author
from chassis.doors.tokens import Actor
from contracts.faults import Refused
from services.console.doors import Doors

_EDGE: Final = Actor(Author("console", "/console/residents", "residents"))


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link opens.

    :param language: of the messages to the household.
    :param may_act: whether something can be said there still.
    :param readable_until: where its last case has ended.
    """

    household: str
    language: str
    may_act: bool
    readable_until: datetime | None

    @property
    def actor(self) -> Actor:
        """The household, as the doors of the services know it."""
        return Actor(Author("link", f"/link/{self.household}", self.household), "own page", self.household)


def opened_by(doors: Doors, token: str) -> Opened | None:
    """None: no such link, or it is too old. Raises DoorAway."""
    try:
        found = doors.look_up("isolation", "household_link", _EDGE, {"token": token[:60]})
    except Refused:
        return None
    until = found["readable_until"]
    return Opened(
        found["household"],
        found["language"],
        found["may_act"],
        datetime.fromisoformat(until) if until else None,
    )


def household_of(doors: Doors, opened: Opened) -> Mapping[str, Any]:
    """All that the page shows. Raises Refused, DoorAway."""
    return doors.look_up("isolation", "household", opened.actor, {})

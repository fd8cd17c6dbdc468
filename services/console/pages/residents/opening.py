"""Whose page a link opens: asked at isolation's door each time, for nothing of it is kept here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from chassis.commands.command import Author
from chassis.doors.tokens import Actor
from contracts.faults import Refused
from services.console.doors import Doors

_EDGE: Final = Actor(Author("console", "/console/residents", "residents"))


@dataclass(frozen=True, slots=True)
class Contact:
    """Whose own link it is: somebody whom the household named, and who may report for it.

    :param name: with their relation to the household, as it was said of them.
    :param proxy: they may sign for it.
    """

    id: str
    name: str
    proxy: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link opens.

    :param language: of the messages to the household.
    :param may_act: whether something can be said there still.
    :param readable_until: where its last case has ended.
    :param contact: None: it is the link of the household itself.
    """

    household: str
    language: str
    may_act: bool
    readable_until: datetime | None
    contact: Contact | None = None

    @property
    def may_decide(self) -> bool:
        """Whether what the household alone says can be said: who they are, the language."""
        return self.may_act and self.contact is None

    @property
    def may_sign(self) -> bool:
        """The household itself, and a proxy for it."""
        return self.may_act and (self.contact is None or self.contact.proxy)

    @property
    def actor(self) -> Actor:
        """The household, or its contact person, as the doors of the services know them."""
        if self.contact:
            author = Author("contact", f"/link/{self.contact.id}", self.contact.id)
            return Actor(author, "contact person's page", self.household)
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
        _contact(found.get("contact")),
    )


def _contact(said: Mapping[str, Any] | None) -> Contact | None:
    if not said:
        return None
    named = " · ".join(part for part in (said["name"], said["relation"]) if part)
    return Contact(said["id"], named, bool(said.get("proxy")))


def household_of(doors: Doors, opened: Opened) -> Mapping[str, Any]:
    """All that the page shows. Raises Refused, DoorAway."""
    return doors.look_up("isolation", "household", opened.actor, {})


def told_by(opened: Opened, people: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The people of a check-in as whoever's link it is says them: a contact person with their name."""
    if opened.contact is None:
        return [dict(one) for one in people]
    return [{**one, "how_known": "told_by", "note": opened.contact.name} for one in people]

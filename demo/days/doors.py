"""People at the doors of the services: what they say and what they ask, over HTTP, each with a token."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from chassis.commands.command import Author
from chassis.doors.tokens import Actor
from contracts.faults import Refused
from demo.days.patience import Answer, until_it_answers
from operations.services import SERVICES
from services.console import door as console


class DoorClosed(Exception):
    """A door gave an answer that nobody here expects. The text names the request and the answer's faults."""


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody at a door.

    :param household: of a resident: the household of their link.
    """

    author: Author
    household: str | None = None

    @classmethod
    def staff(cls, staff_id: str) -> Who:
        return cls(Author("staff", f"/console/{staff_id}", staff_id))

    @classmethod
    def resident(cls, household: str) -> Who:
        return cls(Author("link", f"/link/{household}", household), household)

    @property
    def actor(self) -> Actor:
        return Actor(self.author, household=self.household)


class Doors:
    """:param url: below it each door has the name of its service.
    :param key: the console's private key, which signs who asks.
    """

    def __init__(self, url: str, key: EllipticCurvePrivateKey) -> None:
        self._doors = console.Doors({service: f"{url}/{service}" for service in SERVICES}, key)

    def say(self, who: Who, service: str, command: str, data: Mapping[str, Any], key: str) -> dict[str, Any]:
        """The result of the command. Raises DoorClosed where it is refused.

        :param key: the same when it is said again.
        """
        return dict(_asked(command, lambda: self._doors.say(service, command, who.actor, key, data)))

    def rows(self, who: Who, service: str, name: str, **asked: str) -> Iterator[dict[str, Any]]:
        """All rows of a list, page after page. Raises DoorClosed."""
        after: str | None = None
        while True:
            more = asked | ({"after": after} if after else {})
            page = _asked(name, partial(self._doors.rows, service, name, who.actor, more))
            yield from map(dict, page.rows)
            if (after := page.next) is None:
                return

    def look_up(self, who: Who, service: str, name: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """What is found by something that stands in no address. Raises DoorClosed."""
        return dict(_asked(name, lambda: self._doors.look_up(service, name, who.actor, data)))

    def thing(self, who: Who, service: str, name: str, id: str) -> dict[str, Any]:
        """What is personal masked. Raises DoorClosed."""
        return dict(_asked(name, lambda: self._doors.thing(service, name, id, who.actor)))

    def reveal(self, who: Who, service: str, name: str, id: str, reason: str) -> dict[str, Any]:
        """A thing in full, which is noted with the reason. Raises DoorClosed."""
        actor = replace(who.actor, reason=reason)
        return dict(_asked(name, lambda: self._doors.reveal(service, name, id, actor)))


def _asked(what: str, ask: Callable[[], Answer]) -> Answer:
    """The answer of a door; where it is away for a while people try again, with the same key.

    :param what: the command or the list that is asked for. Raises DoorClosed.
    """
    try:
        return until_it_answers(ask, lambda error: isinstance(error, console.DoorAway))
    except (Refused, console.NotActive, console.DoorAway) as error:
        raise DoorClosed(f"{what}: {str(error) or type(error).__name__}") from None

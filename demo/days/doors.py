"""People at the doors of the services: what they say and what they ask, over HTTP, each with a token."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from chassis.commands.command import Author
from chassis.doors.tokens import sign_token

TIME_LIMIT_S = 30


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


class Doors:
    """:param url: below it each door has the name of its service.
    :param key: the console's private key, which signs who asks.
    """

    def __init__(self, url: str, key: EllipticCurvePrivateKey) -> None:
        self._url, self._key = url, key
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy between us and ourselves

    def say(self, who: Who, service: str, command: str, data: Mapping[str, Any], key: str) -> dict[str, Any]:
        """The result of the command. Raises DoorClosed where it is refused.

        :param key: the same when it is said again.
        """
        answer = self._session.post(
            f"{self._url}/{service}/commands/{command}",
            json=data,
            headers=self._headers(who, service) | {"Idempotency-Key": key},
            timeout=TIME_LIMIT_S,
        )
        result: dict[str, Any] = self._read(answer, command)["result"]
        return result

    def rows(self, who: Who, service: str, name: str, **asked: str) -> Iterator[dict[str, Any]]:
        """All rows of a list, page after page. Raises DoorClosed."""
        after: str | None = None
        while True:
            answer = self._session.get(
                f"{self._url}/{service}/lists/{name}",
                params=asked | ({"after": after} if after else {}),
                headers=self._headers(who, service),
                timeout=TIME_LIMIT_S,
            )
            page = self._read(answer, name)
            yield from page["rows"]
            if (after := page["next"]) is None:
                return

    def _headers(self, who: Who, service: str) -> dict[str, str]:
        token = sign_token(self._key, service, who.author, household=who.household)
        return {"Authorization": f"Bearer {token}"}

    def _read(self, answer: requests.Response, what: str) -> dict[str, Any]:
        document: dict[str, Any] = answer.json()
        if not answer.ok:
            raise DoorClosed(f"{what}: {answer.status_code} {document.get('title')} {document.get('faults')}")
        return document

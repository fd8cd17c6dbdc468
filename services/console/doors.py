"""Asking the doors of the services, in the name of whoever asks the console."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import requests
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from chassis.commands.command import Author
from chassis.doors.tokens import sign_token

CONNECT_S: Final = 1.0
ANSWER_S: Final = 20.0
"""A door answers in milliseconds; two hundred events may take a second or two."""


class DoorAway(Exception):
    """A door does not answer, or says that its database is away. Whether it did something is not known."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    document: Any


@dataclass(frozen=True)
class Doors:
    """:param urls: service -> address of its door.
    :param key: the console's private key.
    """

    urls: Mapping[str, str]
    key: EllipticCurvePrivateKey
    _local: threading.local = field(default_factory=threading.local)

    def post(self, service: str, path: str, author: Author, body: bytes) -> Answer:
        """Raises DoorAway."""
        headers = {
            "Authorization": f"Bearer {sign_token(self.key, service, author)}",
            "Content-Type": "application/json",
        }
        try:
            answer = self._session().post(
                f"{self.urls[service]}{path}", data=body, headers=headers, timeout=(CONNECT_S, ANSWER_S)
            )
        except requests.RequestException as error:
            raise DoorAway(f"the door of {service} does not answer ({type(error).__name__})") from None
        if answer.status_code in (429, 502, 503, 504):
            raise DoorAway(f"the door of {service} cannot answer now ({answer.status_code})")
        try:
            return Answer(answer.status_code, orjson.loads(answer.content))
        except orjson.JSONDecodeError:
            raise DoorAway(f"the door of {service} answers what is no JSON") from None

    def ready(self) -> dict[str, str]:
        """Service -> what keeps its door from answering; the others are left out."""
        waiting = {}
        for service, url in self.urls.items():
            try:
                status = self._session().get(f"{url}/readyz", timeout=(CONNECT_S, 2)).status_code
            except requests.RequestException as error:
                waiting[service] = f"its door does not answer ({type(error).__name__})"
            else:
                if status != 200:
                    waiting[service] = f"its door is not ready ({status})"
        return waiting

    def _session(self) -> requests.Session:
        """One a thread, which keeps its connections."""
        session = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.trust_env = False  # no proxy between the console and its doors
        return session

"""RabbitMQ's management API: users and permissions, the queues and what is in them, the bindings.

It is found at DOORSTEP_MANAGEMENT_URL, or on port 15672 of each of the broker's hosts, of which one must
answer; its user is the one in that URL, or in DOORSTEP_BROKER_URL.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit

import requests

from chassis.broker_address import read_address
from chassis.errors import SettingsError, WorldAway
from operations.settings import environment

PORT = 15672
BROKER, MANAGEMENT = "DOORSTEP_BROKER_URL", "DOORSTEP_MANAGEMENT_URL"


class NoManagement(WorldAway):
    """No management API answers. The text says what to do."""


@dataclass(frozen=True)
class Management:
    """The management API of one virtual host."""

    addresses: tuple[str, ...]
    user: str
    password: str = field(repr=False)
    vhost: str

    @classmethod
    def find(cls) -> Management:
        """As the environment says, or the system that `doorstep up` made. Raises SettingsError."""
        given = environment()
        outside = {name.removesuffix("_FILE") for name in os.environ}
        if BROKER in outside and MANAGEMENT not in outside:
            given.pop(MANAGEMENT, None)  # the remembered one is of another broker
        return cls.read(given)

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Management:
        """Raises SettingsError."""
        broker = given.get(BROKER, "").strip()
        if not broker:
            raise SettingsError(f"{BROKER} is not set: set it")
        url = _url(given.get(MANAGEMENT, "").strip())
        known = read_address(broker)
        if url.hostname:
            addresses: tuple[str, ...] = (
                f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path.rstrip('/')}",
            )
        else:
            addresses = tuple(dict.fromkeys(f"http://{host}:{PORT}" for host, _ in known.hosts))
        user, password = (url.username, url.password) if url.username else (known.user, known.password)
        return cls(addresses, unquote(user or ""), unquote(password or ""), known.vhost)

    def get(self, *path: str, **query: str) -> Any:
        """The resource as JSON. Raises WorldAway, also where there is none."""
        answer = self.ask("GET", *path, query=query)
        if answer.status_code == 404:
            raise NoManagement(f"no {'/'.join(path)} at {answer.url}: is {MANAGEMENT} right?")
        return read(answer)

    def ask(
        self,
        method: str,
        *path: str,
        body: dict[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        refusable: bool = False,
    ) -> requests.Response:
        """404 is an answer; everything else that is no success raises WorldAway.

        :param refusable: that this user may not ask it is an answer, too.
        """
        answer = self._answer(method, "/".join(quote(part, safe="") for part in path), body, query)
        if answer.status_code in (401, 403) and not refusable:
            raise WorldAway(f"{self.user} may not do this: it takes an administrator of the broker")
        if not answer.ok and answer.status_code not in (401, 403, 404):
            said = f"{answer.status_code} {answer.text[:200]}"
            raise WorldAway(f"the broker refused {method} {'/'.join(path)}: {said}")
        return answer

    def _answer(
        self, method: str, path: str, body: dict[str, Any] | None, query: Mapping[str, str] | None
    ) -> requests.Response:
        session = requests.Session()
        session.trust_env = False  # a proxy has no business between us and the broker
        login = (self.user, self.password)
        for address in self.addresses:
            try:
                return session.request(
                    method, f"{address}/api/{path}", json=body, params=query, auth=login, timeout=10
                )
            except requests.RequestException as error:
                why = type(error).__name__
        raise NoManagement(
            f"no management API at {', '.join(self.addresses)} ({why}): set {MANAGEMENT}, or enable the "
            "broker's plugin rabbitmq_management"
        )


def read(answer: requests.Response) -> Any:
    """The answer's JSON. Raises NoManagement where it is a page of something else."""
    try:
        return answer.json()
    except ValueError:
        raise NoManagement(f"no management API at {answer.url}: is {MANAGEMENT} right?") from None


def _url(text: str) -> SplitResult:
    """Raises SettingsError, whose text does not hold the password."""
    try:
        url = urlsplit(text)
        if not text or (url.scheme in ("http", "https") and url.hostname and url.port != 0):
            return url
    except ValueError:
        pass
    raise SettingsError(f"{MANAGEMENT} cannot be read: give one as in http://127.0.0.1:{PORT}")

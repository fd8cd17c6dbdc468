"""Requests at a door, timed: one connection that stays open, a token a minute as the console would sign."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from chassis.doors.tokens import LIFE_S, sign_token
from chassis.ids import new_id
from demo.days.doors import DoorClosed, Who

TIME_LIMIT_S = 30.0


class Visits:
    """Used by one thread."""

    def __init__(self, service: str, port: int, key: EllipticCurvePrivateKey) -> None:
        self._service, self._port, self._key = service, port, key
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIME_LIMIT_S)
        self._tokens: dict[Who, tuple[float, str]] = {}

    def page(self, who: Who, name: str, **asked: str) -> tuple[float, dict[str, Any]]:
        """The first page of a list: seconds, and what it shows."""
        path = f"/lists/{name}" + (f"?{urlencode(asked)}" if asked else "")
        return self._ask("GET", path, None, self._headers(who))

    def say(self, who: Who, command: str, data: Mapping[str, Any]) -> tuple[float, dict[str, Any]]:
        headers = self._headers(who) | {"Idempotency-Key": new_id(), "Content-Type": "application/json"}
        return self._ask("POST", f"/commands/{command}", json.dumps(data).encode(), headers)

    def close(self) -> None:
        self._connection.close()

    def _ask(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[float, dict[str, Any]]:
        began = time.perf_counter()
        self._connection.request(method, path, body, dict(headers))
        answer = self._connection.getresponse()
        document = json.loads(answer.read())
        seconds = time.perf_counter() - began
        if answer.status != 200:
            raise DoorClosed(f"{path}: {answer.status} {document.get('title')} {document.get('faults')}")
        return seconds, document

    def _headers(self, who: Who) -> dict[str, str]:
        until, token = self._tokens.get(who, (0.0, ""))
        if time.monotonic() > until:
            token = sign_token(self._key, self._service, who.author, household=who.household)
            self._tokens[who] = time.monotonic() + LIFE_S / 2, token
        return {"Authorization": f"Bearer {token}"}

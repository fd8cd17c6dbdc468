"""Asking the doors of the services, in the name of whoever asks the console."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

import orjson
import urllib3
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from chassis.commands.command import Author
from chassis.doors.statuses import NOT_ACTIVE, STATUS
from chassis.doors.tokens import Actor, sign_token
from contracts.faults import Fault, Kind, Refused

CONNECT_S: Final = 1.0
ANSWER_S: Final = 20.0
"""A door answers in milliseconds; two hundred events may take a second or two."""
_READY: Final = urllib3.Timeout(connect=CONNECT_S, read=2.0)
_AT_ONCE: Final = 16
"""Connections that are kept to each door: no fewer than threads that answer people at the same moment."""
_KINDS: Final[Mapping[int, Kind]] = {status: kind for kind, status in STATUS.items()}


def _kept_open() -> urllib3.PoolManager:
    """`requests`, which stands on them, takes more than twice as long for a question."""
    limits = urllib3.Timeout(connect=CONNECT_S, read=ANSWER_S)
    return urllib3.PoolManager(maxsize=_AT_ONCE, timeout=limits, retries=False)


class DoorAway(Exception):
    """A door does not answer, or says that its database is away. Whether it did something is not known."""


class NotActive(Exception):
    """Who asks is no longer among the staff: whatever was asked, there is nothing more for them."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    document: Any


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list.

    :param as_of: when the door read it: ISO 8601, field time, in the district's zone.
    :param figures: `rows`, `households`, `more_than`, `definition`; with the first page only.
    :param next: the cursor of the next page.
    """

    rows: Sequence[Mapping[str, Any]]
    as_of: str
    figures: Mapping[str, Any] | None
    next: str | None


@dataclass(frozen=True)
class Doors:
    """:param urls: service -> address of its door.
    :param key: the console's private key.
    """

    urls: Mapping[str, str]
    key: EllipticCurvePrivateKey
    _connections: urllib3.PoolManager = field(default_factory=_kept_open)

    # -- in the name of people: what a door refuses is raised as Refused, with its faults, or as NotActive

    def say(
        self, service: str, command: str, actor: Actor, key: str, data: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """The result of a command. Raises Refused, DoorAway.

        :param key: the same when it is said again.
        """
        path = f"/commands/{command}"
        result: Mapping[str, Any] = self._people(
            "POST", service, path, actor, orjson.dumps(data), {"Idempotency-Key": key}
        )["result"]
        return result

    def rows(self, service: str, name: str, actor: Actor, asked: Mapping[str, str] | None = None) -> Listed:
        """A page of a list. Raises Refused, DoorAway.

        :param asked: `sort`, `after`, `place` and the list's filters.
        """
        path = f"/lists/{name}" + (f"?{urlencode(asked)}" if asked else "")
        document = self._people("GET", service, path, actor)
        return Listed(document["rows"], document["as_of"], document.get("figures"), document["next"])

    def export(self, service: str, name: str, actor: Actor, reason: str, asked: Mapping[str, str]) -> Listed:
        """All rows of a list, up to 10,000, which is noted with the reason. Raises Refused, DoorAway.

        :param asked: as for its pages.
        """
        said = orjson.dumps({"reason": reason, "asked": dict(asked)})
        document = self._people("POST", service, f"/lists/{name}/export", actor, said)
        return Listed(document["rows"], document["as_of"], document["figures"], None)

    def thing(self, service: str, name: str, id: str, actor: Actor) -> Mapping[str, Any]:
        """One thing, what is personal masked. Raises Refused, DoorAway."""
        return self._people("GET", service, f"/{name}/{quote(id, safe='')}", actor)

    def reveal(self, service: str, name: str, id: str, actor: Actor) -> Mapping[str, Any]:
        """One thing in full, which is noted with the actor's reason. Raises Refused, DoorAway."""
        return self._people("POST", service, f"/{name}/{quote(id, safe='')}/reveal", actor, b"{}")

    def look_up(self, service: str, name: str, actor: Actor, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """What is found by something that may stand in no address. Raises Refused, DoorAway."""
        return self._people("POST", service, f"/lookups/{name}", actor, orjson.dumps(data))

    def _people(
        self,
        method: str,
        service: str,
        path: str,
        actor: Actor,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Mapping[str, Any]:
        token = sign_token(self.key, service, actor.author, reason=actor.reason, household=actor.household)
        answer = self._ask(method, service, path, token, body, headers)
        document = answer.document if isinstance(answer.document, dict) else {}
        if answer.status == 200:
            return document
        if kind := _KINDS.get(answer.status):
            refused = Refused(kind, [_fault(one) for one in document.get("faults", ())])
            if any(fault.code == NOT_ACTIVE for fault in refused.faults):
                raise NotActive from refused
            raise refused
        raise DoorAway(f"the door of {service} answered {answer.status} to {method} {path.split('/')[1]}")

    # -- in the name of other systems: the answer as it is

    def post(self, service: str, path: str, author: Author, body: bytes) -> Answer:
        """Raises DoorAway."""
        return self._ask("POST", service, path, sign_token(self.key, service, author), body)

    def _ask(
        self,
        method: str,
        service: str,
        path: str,
        token: str,
        body: bytes | None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        said = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **(headers or {})}
        try:
            answer = self._connections.request(method, f"{self.urls[service]}{path}", body=body, headers=said)
        except urllib3.exceptions.HTTPError as error:
            raise DoorAway(f"the door of {service} does not answer ({type(error).__name__})") from None
        if answer.status in (429, 502, 503, 504):
            raise DoorAway(f"the door of {service} cannot answer now ({answer.status})")
        try:
            return Answer(answer.status, orjson.loads(answer.data))
        except orjson.JSONDecodeError:
            raise DoorAway(f"the door of {service} answers what is no JSON") from None

    def ready(self) -> dict[str, str]:
        """Service -> what keeps its door from answering; the others are left out."""
        waiting = {}
        for service, url in self.urls.items():
            try:
                status = self._connections.request("GET", f"{url}/readyz", timeout=_READY).status
            except urllib3.exceptions.HTTPError as error:
                waiting[service] = f"its door does not answer ({type(error).__name__})"
            else:
                if status != 200:
                    waiting[service] = f"its door is not ready ({status})"
        return waiting


def _fault(of_door: Mapping[str, Any]) -> Fault:
    return Fault(str(of_door["field"]), str(of_door["code"]), str(of_door["message"]))

"""Routes of the REST API: `POST /api/v1/events` and `POST /api/v1/arrivals`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import orjson
from flask import Blueprint, Response, g, request

from chassis.doors.limits import Allowance
from chassis.doors.problems import problem
from contracts.faults import Fault
from services.console.api.events import MOST, event_of_arrival, hand_in
from services.console.api.publishers import Publisher, Publishers
from services.console.doors import DoorAway, Doors

PREFIX: Final = "/api/v1"
MAX_BODY: Final = 8 << 20
"""Bytes: a thousand events of the usual size take one or two million."""

_MEDIA: Final = (
    "application/json",
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
)


class Unread(Exception):
    """The request as a whole cannot be used."""

    def __init__(self, status: int, fault: Fault) -> None:
        super().__init__(str(fault))
        self.status, self.fault = status, fault


def make_api(doors: Doors, *, allowance: Allowance | None = None) -> Blueprint:
    api = Blueprint("api", __name__, url_prefix=PREFIX)
    publishers = Publishers(doors)
    left = allowance or Allowance()

    def taking(make: Callable[[Publisher, Any], Any]) -> Callable[[], Response]:
        def take() -> Response:
            try:
                publisher = _publisher(publishers)
                if not left.take(publisher.name):
                    raise Unread(429, Fault("", "too_many", "wait a little and send it again"))
                items, single = _items()
                outcomes = hand_in(doors, publisher, [make(publisher, item) for item in items])
            except Unread as error:
                return problem(error.status, [error.fault], g.correlation_id)
            except DoorAway as error:
                said = f"{error}: send it again, nothing is taken twice"
                return problem(503, [Fault("", "away", said)], g.correlation_id)
            said_of = [
                {**one.detail, "id": _id(item), "outcome": one.outcome}
                for item, one in zip(items, outcomes, strict=True)
            ]
            document = said_of[0] if single else {"outcomes": said_of}
            return Response(orjson.dumps(document), 200, content_type="application/json")

        return take

    api.add_url_rule("/events", "events", taking(lambda _, item: item), methods=["POST"])
    api.add_url_rule("/arrivals", "arrivals", taking(event_of_arrival), methods=["POST"])
    return api


def _publisher(publishers: Publishers) -> Publisher:
    """Raises Unread, DoorAway."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Unread(401, Fault("Authorization", "missing", "send the API key as Authorization: Bearer KEY"))
    found = publishers.with_key(key.strip())
    if found is None:
        message = "this API key is not known, or has ended: `doorstep publisher key NAME` makes one"
        raise Unread(401, Fault("Authorization", "not_known", message))
    return found


def _items() -> tuple[Sequence[Any], bool]:
    """The events of the body, and whether it was one and no list. Raises Unread."""
    if request.mimetype not in _MEDIA or request.headers.get("Content-Encoding"):
        message = f"must be one of {', '.join(_MEDIA)}, not packed"
        raise Unread(415, Fault("Content-Type", "unreadable", message))
    try:
        document = orjson.loads(request.get_data(cache=False))
    except (orjson.JSONDecodeError, RecursionError):
        raise Unread(400, Fault("", "unreadable", "the body is no JSON")) from None
    if isinstance(document, dict):
        return [document], True
    if not isinstance(document, list) or not document:
        raise Unread(400, Fault("", "unreadable", "the body must be an event or a list of events"))
    if len(document) > MOST:
        raise Unread(422, Fault("", "too_many", f"at most {MOST} events are taken at once"))
    return document, False


def _id(item: Any) -> str | None:
    id = item.get("id") if isinstance(item, dict) else None
    return id if isinstance(id, str) else None

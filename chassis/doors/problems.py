"""What a door answers when it does not do what was asked: `application/problem+json` (RFC 9457)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import orjson
from flask import Response

from chassis.doors.statuses import STATUS
from contracts.faults import Fault, Refused

RETRY_AFTER_S: Final = 2

_TITLES: Final = {
    400: "The request cannot be read",
    401: "Nobody is known who asks",
    403: "You may not do this",
    404: "There is no such thing",
    405: "This is not how it is asked",
    409: "It has changed",
    413: "The body is too large",
    422: "Something in it is wrong",
    429: "Too many requests",
    500: "The door has failed",
    503: "The service cannot answer now",
}


def problem(status: int, faults: Sequence[Fault], correlation_id: str) -> Response:
    document = {
        "type": f"urn:doorstep:problem:{status}",
        "title": _TITLES.get(status, "Not done"),
        "status": status,
        "detail": "; ".join(map(str, faults)),
        "faults": [fault.as_dict() for fault in faults],
        "correlation_id": correlation_id,
    }
    answer = Response(orjson.dumps(document), status, content_type="application/problem+json")
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if status in (429, 503):
        answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer


def refusal(refused: Refused, correlation_id: str) -> Response:
    return problem(STATUS[refused.kind], refused.faults, correlation_id)

"""What stands around every request of an HTTP application: correlation id, line in the log, probes."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any, Final

import orjson
import structlog
from flask import Flask, Response, g, request
from prometheus_client import generate_latest
from werkzeug.exceptions import HTTPException

from chassis.doors.problems import problem
from chassis.ids import new_id
from contracts.faults import Fault

log = structlog.get_logger()

PROBES: Final = ("/livez", "/readyz", "/metrics")
_CORRELATION = re.compile(r"[A-Za-z0-9._:-]{1,100}")

Readiness = Callable[[], dict[str, str]]
"""What the application waits for, by part; nothing where it is ready."""


def as_json(document: Any) -> Response:
    body = orjson.dumps(document, option=orjson.OPT_UTC_Z)
    answer = Response(body, 200, content_type="application/json")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def add_probes(app: Flask, ready: Readiness) -> None:
    def livez() -> Response:
        return as_json({"live": True})

    def readyz() -> Response:
        waiting = ready()
        answer = as_json({"ready": not waiting, "waiting": waiting})
        answer.status_code = 503 if waiting else 200
        return answer

    def metrics() -> Response:
        return Response(generate_latest(), content_type="text/plain; version=0.0.4; charset=utf-8")

    for view in (livez, readyz, metrics):
        app.add_url_rule(f"/{view.__name__}", view.__name__, view, methods=["GET"])


def add_frame(
    app: Flask,
    ready: Readiness,
    count: Callable[[str, int, float], object],
    answer_to: Callable[[Exception], Response],
    **of_log: str,
) -> None:
    """Add the probes. Every other request gets a correlation id, is counted, and is a line in the log, which
    holds nothing personal.

    :param count: gets the route, the status and the seconds.
    :param answer_to: the answer where a view, or something before it, raises.
    :param of_log: stands in every line.
    """
    add_probes(app, ready)

    @app.before_request
    def begin() -> None:
        g.began = time.monotonic()
        given = request.headers.get("Correlation-Id", "")
        g.correlation_id = given if _CORRELATION.fullmatch(given) else new_id()

    @app.after_request
    def end(answer: Response) -> Response:
        answer.headers["Correlation-Id"] = g.correlation_id
        if request.path in PROBES:
            return answer
        route, seconds = request.endpoint or "none", time.monotonic() - g.began
        count(route, answer.status_code, seconds)
        log.info(
            "request",
            **of_log,
            method=request.method,
            route=route,
            status=answer.status_code,
            ms=round(seconds * 1000, 1),
            correlation_id=g.correlation_id,
        )
        return answer

    app.register_error_handler(Exception, answer_to)


def answer_to_http(error: HTTPException, most_bytes: int) -> Response:
    """What Flask itself refuses: no such route, a body that is too large."""
    status = error.code or 500
    said = f"at most {most_bytes >> 20} MiB is taken" if status == 413 else error.name.lower()
    return problem(status, [Fault("", f"http_{status}", said)], g.correlation_id)

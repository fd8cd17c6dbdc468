"""The HTTP application of the console."""

from __future__ import annotations

from typing import Final

import structlog
from flask import Flask, Response, g, request
from prometheus_client import Counter, Histogram
from werkzeug.exceptions import HTTPException

from chassis.doors.frame import add_frame, answer_to_http
from chassis.doors.problems import problem
from contracts.faults import Fault
from services.console.api.app import MAX_BODY, PREFIX, make_api
from services.console.doors import DoorAway, Doors
from services.console.pages.app import add_pages
from services.console.pages.refusals import refusal_page

log = structlog.get_logger()

REQUESTS: Final = Counter(
    "doorstep_console_requests_total", "Requests that the console has answered", ["route", "status"]
)
SECONDS: Final = Histogram(
    "doorstep_console_request_duration_seconds", "Time from the whole request to its answer", ["route"]
)


def make_app(doors: Doors) -> Flask:
    app = Flask("console", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.register_blueprint(make_api(doors))
    add_pages(app)
    add_frame(app, doors.ready, _count, _answer_to)
    return app


def _count(route: str, status: int, seconds: float) -> None:
    REQUESTS.labels(route, str(status)).inc()
    SECONDS.labels(route).observe(seconds)


def _answer_to(error: Exception) -> Response:
    """A problem in JSON for machines, a page for people."""
    if not isinstance(error, HTTPException | DoorAway):
        log.error("failed", correlation_id=g.correlation_id, exc_info=error)
    if request.path.startswith(f"{PREFIX}/"):
        if isinstance(error, HTTPException):
            return answer_to_http(error, MAX_BODY)
        return problem(500, [Fault("", "failed", "the operators' log says more")], g.correlation_id)
    if isinstance(error, DoorAway):
        return refusal_page(503, number=g.correlation_id)
    return refusal_page(
        (error.code or 500) if isinstance(error, HTTPException) else 500, number=g.correlation_id
    )

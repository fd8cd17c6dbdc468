"""The HTTP application of the console."""

from __future__ import annotations

import time
from typing import Final

import structlog
from flask import Flask, Response, g, request
from prometheus_client import Counter, Histogram
from werkzeug.exceptions import HTTPException

from chassis.doors.app import PROBES, add_probes, correlation_id
from chassis.doors.problems import problem
from contracts.faults import Fault
from services.console.api.app import MAX_BODY, make_api
from services.console.doors import Doors

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
    add_probes(app, doors.ready)

    @app.before_request
    def begin() -> None:
        g.began = time.monotonic()
        g.correlation_id = correlation_id()

    @app.after_request
    def end(answer: Response) -> Response:
        answer.headers["Correlation-Id"] = g.correlation_id
        if request.path in PROBES:
            return answer
        route, seconds = request.endpoint or "none", time.monotonic() - g.began
        REQUESTS.labels(route, str(answer.status_code)).inc()
        SECONDS.labels(route).observe(seconds)
        log.info(
            "request",
            method=request.method,
            route=route,
            status=answer.status_code,
            ms=round(seconds * 1000, 1),
            correlation_id=g.correlation_id,
        )
        return answer

    @app.errorhandler(Exception)
    def fail(error: Exception) -> Response:
        if isinstance(error, HTTPException):
            status = error.code or 500
            said = f"at most {MAX_BODY >> 20} MiB are taken" if status == 413 else error.name.lower()
            return problem(status, [Fault("", f"http_{status}", said)], g.correlation_id)
        log.error("failed", correlation_id=g.correlation_id, exc_info=error)
        return problem(500, [Fault("", "failed", "the operators' log says more")], g.correlation_id)

    return app

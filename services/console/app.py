"""The HTTP application of the console."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import structlog
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from flask import Flask, Response, g, request
from prometheus_client import Counter, Histogram
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from chassis.certificates import CERTIFICATE_ENDS, Certificates
from chassis.doors.frame import add_frame, answer_to_http
from chassis.doors.problems import problem
from chassis.doors.process import Readiness
from chassis.errors import is_too_slow, is_world_away
from chassis.figures import Figure
from chassis.running.figures import Reader
from chassis.telemetry import describe_error
from chassis.unit_of_work import Work
from contracts.faults import Fault
from services.console.api.app import MAX_BODY, PREFIX, make_api
from services.console.doors import DoorAway, Doors
from services.console.pages.app import add_pages
from services.console.pages.entry.uploads import KeptInMemory
from services.console.pages.refusals import refusal_page
from services.console.phone_acts.figures import FIGURES
from services.console.settings import HOTLINE

log = structlog.get_logger()

REQUESTS: Final = Counter(
    "doorstep_console_requests_total", "Requests that the console has answered", ["route", "status"]
)
SECONDS: Final = Histogram(
    "doorstep_console_request_duration_seconds", "Time from the whole request to its answer", ["route"]
)


def make_app(
    doors: Doors,
    work: Work | None = None,
    public_url: str | None = None,
    proxies: int = 0,
    *,
    hotline: str = HOTLINE,
    certificates: Sequence[str] = (),
    release_key: EllipticCurvePrivateKey | None = None,
) -> Flask:
    """
    :param work: on the console's own database. Without one nobody can log in.
    :param public_url: under which people reach the console, where it is known.
    :param proxies: how many stand before it. Headers that say from where somebody asks count only behind one.
    :param hotline: whom pages say to call where nobody else is known.
    :param certificates: addresses whose certificate is watched, `host:port`.
    :param release_key: signs certificates of release; None: nobody gets one.
    """
    app = Flask("console", static_folder=None)
    app.request_class = KeptInMemory
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.register_blueprint(make_api(doors))
    own = Readiness("console", work.database) if work else dict
    add_frame(app, lambda: doors.ready() | own(), _count, _answer_to)
    if work:
        shown = Figure(CERTIFICATE_ENDS, Certificates(certificates).ends)
        _read_figures(app, Reader(work.database, work.clock, (*FIGURES, shown)))
    add_pages(app, doors, work, public_url, api=PREFIX, hotline=hotline, release_key=release_key)
    if proxies:
        behind = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0, x_port=0)
        app.wsgi_app = behind  # type: ignore[method-assign]
    return app


def _read_figures(app: Flask, figures: Reader) -> None:
    """The console has no event process that reads them: they are read when Prometheus asks."""

    @app.before_request
    def read() -> None:
        if request.path != "/metrics":
            return
        try:
            figures.read()
        except Exception as error:
            if not is_world_away(error):
                raise
            log.warning("away", correlation_id=g.correlation_id, error=describe_error(error))


def _count(route: str, status: int, seconds: float) -> None:
    REQUESTS.labels(route, str(status)).inc()
    SECONDS.labels(route).observe(seconds)


def _answer_to(error: Exception) -> Response:
    """A problem in JSON for machines, a page for people."""
    away = isinstance(error, DoorAway) or is_world_away(error) or is_too_slow(error)
    if away:
        log.warning("away", correlation_id=g.correlation_id, error=describe_error(error))
    elif not isinstance(error, HTTPException):
        log.error("failed", correlation_id=g.correlation_id, exc_info=error)
    if request.path.startswith(f"{PREFIX}/"):
        if isinstance(error, HTTPException):
            return answer_to_http(error, MAX_BODY)
        return problem(500, [Fault("", "failed", "the operators' log says more")], g.correlation_id)
    if away:
        return refusal_page(503, number=g.correlation_id)
    return refusal_page(
        (error.code or 500) if isinstance(error, HTTPException) else 500, number=g.correlation_id
    )

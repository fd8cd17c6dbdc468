"""The headers that every answer of the console has. They stand here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import Flask, Response

CONTENT_SECURITY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""Nothing inline, nothing evaluated, nothing of another host, no exception for any page."""

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": CONTENT_SECURITY,
    "Strict-Transport-Security": "max-age=31536000",
    # A resident's link is a key: it must reach no log by way of the next page. Browsers then send
    # `Origin: null` with a form of our own page: who checks the origin asks `Sec-Fetch-Site` first.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def add_headers(app: Flask) -> None:
    """Add them to every answer, refusals too. What says nothing about caching is kept nowhere."""

    @app.after_request
    def secure(answer: Response) -> Response:
        answer.headers.update(HEADERS)
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer

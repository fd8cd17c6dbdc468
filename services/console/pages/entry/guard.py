"""Who may post a form: only a page of ours, in the browser that it was made for.

Two checks, the cheaper first. Browsers say where a request comes from (`Sec-Fetch-Site`, `Origin`), and no
page can say otherwise; Safari before 16.4 does not say it, so each form holds a token too, which only we can
make for this browser and this session. The API takes keys and no cookies, so nobody can borrow them.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Response, g, request

from chassis.sealing import BlindIndex
from services.console.pages.entry.cookies import FORM, SESSION, give_cookie
from services.console.pages.entry.sentences import sentence
from services.console.pages.entry.who import is_of_a_phone_that_keeps
from services.console.pages.refusals import refusal_page

FIELD: Final = "form_token"

MAX_BODY: Final = 64 << 10
"""Bytes of a form."""

_LONGER: Final = {"officers.give_register": 4 << 20}
"""Endpoint -> bytes of a form that takes a whole file."""

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OURS: Final = frozenset({"same-origin", "none"})
"""`none`: the person did it, not a page."""
_HARMLESS: Final = frozenset({"language"})
"""What a page of ours sends from everywhere, and what does nothing but change that browser's own view."""
_FORM_COOKIE_S: Final = 400 * 24 * 3600


def is_foreign(site: str | None, origin: str | None, host: str, public_url: str | None) -> bool:
    """Whether a request that changes something comes from another site's page.

    :param site: `Sec-Fetch-Site`, of browsers that say it.
    :param origin: `Origin`; "null" says nothing: pages that send no referrer have it for their own forms too.
    :param host: to whom the request is addressed.
    :param public_url: the console's own, where it is known.
    """
    if site is not None and site not in _OURS:
        return True
    if origin is None or origin == "null":
        return False
    if public_url is not None:
        return origin != public_url
    return urlsplit(origin).netloc != host


def form_token(index: BlindIndex, form: str, session: str) -> str:
    """
    :param form: what the cookie `FORM` holds.
    :param session: what the cookie `SESSION` holds, or nothing.
    """
    return index("form", f"{form}\n{session}")


def add_guard(app: Flask, index: BlindIndex, public_url: str | None, *, api: str) -> None:
    """
    :param api: the path below which requests carry a key and no cookie.
    """

    @app.before_request
    def refuse_strangers() -> Response | None:
        if request.path.startswith(f"{api}/"):
            return None
        request.max_content_length = _LONGER.get(request.endpoint or "", MAX_BODY)
        request.max_form_memory_size = request.max_content_length
        g.form = request.cookies.get(FORM, "")[:100]
        if request.method in _SAFE:
            return None
        told = request.headers
        if is_foreign(told.get("Sec-Fetch-Site"), told.get("Origin"), request.host, public_url):
            return refusal_page(403, [sentence("foreign")])
        wanted = form_token(index, g.form, request.cookies.get(SESSION, ""))
        if request.endpoint in _HARMLESS:
            return None
        if not g.form or not hmac.compare_digest(request.form.get(FIELD, "").encode(), wanted.encode()):
            # A phone that keeps it sends it again, with a token of whoever is in then.
            return refusal_page(401 if is_of_a_phone_that_keeps() else 403, [sentence("old_form")])
        return None

    def token_of_forms() -> str:
        """For templates; the browser gets the cookie that it is made for with the page."""
        if not g.form:
            g.form = g.new_form = secrets.token_urlsafe(32)
        return form_token(index, g.form, g.get("session", request.cookies.get(SESSION, "")))

    app.jinja_env.globals["form_token"] = token_of_forms

    @app.after_request
    def give_form_cookie(answer: Response) -> Response:
        if "new_form" in g:
            give_cookie(answer, FORM, g.new_form, _FORM_COOKIE_S)
        return answer

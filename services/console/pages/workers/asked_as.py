"""A page of the console, asked for within another request: there is one way to do each act, its page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from flask import current_app, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from services.console.pages.entry.who import stand_for
from services.console.sessions.queries import In


@contextmanager
def asked_as(
    who: In,
    path: str,
    fields: Sequence[tuple[str, str]] | None = None,
    *,
    visit: Any = None,
    my_doors: Any = None,
) -> Iterator[Response | None]:
    """The answer, with the `g` of its own request; None where there is no such page.

    In the language and the browser of whoever asks now. What the view raises comes out here.

    :param who: in whose name.
    :param fields: of a form that is sent; None: the page is opened.
    :param visit: the household, where it is known.
    :param my_doors: all doors, where they are known.
    """
    held = {"correlation_id": g.get("correlation_id"), "form": g.get("form"), "visit": visit}
    held |= {"officer_enters": g.get("officer_enters"), "my_doors": my_doors}
    told = [(name, value) for name, value in request.headers if name in ("Cookie", "Accept-Language")]
    data: dict[str, Any] = {}
    for name, value in fields or ():
        data.setdefault(name, []).append(value)
    asked = EnvironBuilder(
        path, request.host_url, method="GET" if fields is None else "POST", headers=told, data=data
    )
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    with app.app_context(), app.request_context(asked.get_environ()):
        for name, value in held.items():
            if value is not None:
                setattr(g, name, value)
        if visit is not None:
            g.as_of = visit.now
        stand_for(who)
        if isinstance(request.routing_exception, HTTPException):
            yield None
        else:
            yield app.make_response(app.view_functions[request.endpoint](**(request.view_args or {})))

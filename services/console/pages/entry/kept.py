"""What somebody typed and could not send is kept in a page, from which it is sent again, and nowhere else."""

from __future__ import annotations

from typing import Final

from flask import Response, make_response, render_template, request

_OWN: Final = frozenset({"form_token"})
_PREFIX: Final = "kept."
"""Of the fields that the page of the PIN passes on."""

Fields = list[tuple[str, str]]


def typed_now() -> Fields:
    """All fields of the form that was sent, as they came."""
    return [(name, value) for name, values in request.form.lists() for value in values if name not in _OWN]


def passed_on() -> Fields:
    """The fields that the page of the PIN was given to keep."""
    return [(name.removeprefix(_PREFIX), value) for name, value in typed_now() if name.startswith(_PREFIX)]


def to_pass_on(fields: Fields) -> Fields:
    return [(f"{_PREFIX}{name}", value) for name, value in fields]


def again_page(action: str, fields: Fields, *, away: bool) -> Response:
    """:param away: what it is for cannot be reached now; else the PIN came between."""
    page = render_template("again.html", action=action, kept=fields, away=away)
    answer = make_response(page, 503 if away else 200)
    if away:
        answer.headers["Retry-After"] = "30"
    return answer

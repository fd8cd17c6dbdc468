"""The page `/style`. It can be sent, so that fields show how they read what is typed; nothing is kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import flask_babel
from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from services.console.pages.clock import in_words
from services.console.pages.shown.figures import as_sentence, count_in_words
from services.console.pages.shown.temperatures import Temperature, read_temperature
from services.console.pages.style import examples
from services.console.pages.words import temperature_fault

_AS_OF: Final = datetime(2022, 10, 1, 8, 2, tzinfo=UTC)


def make_style_page() -> Blueprint:
    pages = Blueprint("style", __name__)
    pages.add_url_rule("/style", "style", _style, methods=["GET", "POST"])
    return pages


def _style() -> ResponseReturnValue:
    typed = request.form.get("temperature", "")
    read = read_temperature(typed) if request.method == "POST" else None
    fault = temperature_fault(read) if isinstance(read, str) else ""
    as_of = in_words(_AS_OF)
    figure = examples.figure(as_of)
    page = render_template(
        "style.html",
        examples=examples,
        typed=typed[:20],
        read=read if isinstance(read, Temperature) else None,
        fault=fault,
        as_of=as_of,
        figure=figure,
        in_figure=[
            (part.what, count_in_words(part.count, flask_babel)) for part in (figure.whole, *figure.parts)
        ],
        sentence=as_sentence(figure, flask_babel),
    )
    return page, 422 if fault else 200

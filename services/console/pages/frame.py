"""What every page stands in: templates, texts, the stylesheet, and what the frame shows of the request."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Flask, Response, g, request, send_from_directory
from jinja2 import StrictUndefined, pass_context
from jinja2.runtime import Context

from services.console.pages.headers import add_headers
from services.console.pages.languages import add_languages, language
from services.console.pages.words import need_word, permit_word, task_word, word

_HERE: Final = Path(__file__).parent
_STATIC: Final = _HERE / "static"
_OF_ALL_PAGES: Final = "offline.js"
"""The script that stands between a worker's phone and the network."""
_FOREVER: Final = "public, max-age=31536000, immutable"


# As filters they take the context: Jinja works out any other filter of a constant once, when it compiles the
# template, and so in the language of whoever comes first.
@pass_context
def _word(_: Context, name: str) -> str:
    return word(name)


@pass_context
def _task_word(_: Context, kind: str) -> str:
    return task_word(kind)


@pass_context
def _need_word(_: Context, kind: str) -> str:
    return need_word(kind)


@pass_context
def _permit_word(_: Context, kind: str) -> str:
    return permit_word(kind)


def _once(macro: Callable[[Hashable], str], thing: Hashable) -> str:
    """What a macro makes of a thing; of one that is equal it is not made anew on the same page."""
    made: dict[Any, str] = g.setdefault("made", {})
    found = made.get((macro, thing))
    if found is None:
        found = made[macro, thing] = macro(thing)
    return found


def _packed(css: str) -> str:
    """A stylesheet without what only its readers need: comments, and most of its white space."""
    bare = " ".join(re.sub(r"/\*.*?\*/", " ", css, flags=re.S).split())
    return re.sub(r" ?([{};,>]) ?", r"\1", bare).replace(": ", ":").replace(";}", "}")


def add_frame_of_pages(app: Flask) -> None:
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        word=_word, task_word=_task_word, need_word=_need_word, permit_word=_permit_word
    )
    add_headers(app)
    add_languages(app)
    app.register_blueprint(Blueprint("frame", __name__, template_folder="templates"))
    style = _packed((_STATIC / "doorstep.css").read_text(encoding="utf-8"))
    marks = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in _STATIC.iterdir()}

    def asset(name: str) -> str:
        """Its address, which changes with its content, so that browsers may keep it for ever."""
        return f"/static/{marks[name]}/{name}"

    def static(mark: str, name: str) -> Response:
        sheet = name == "doorstep.css"
        answer = Response(style, mimetype="text/css") if sheet else send_from_directory(_STATIC, name)
        answer.headers["Cache-Control"] = _FOREVER if marks.get(name) == mark else "no-store"
        if name == _OF_ALL_PAGES:
            answer.headers["Service-Worker-Allowed"] = "/"
        return answer

    def shown() -> dict[str, Any]:
        back = request.full_path.rstrip("?") if request.method == "GET" else "/"
        kind = g.who.account.kind if "who" in g else ""
        return {"language": language(), "viewer": g.get("viewer"), "kind": kind, "back": back}

    app.jinja_env.globals.update(asset=asset, once=_once)
    app.add_url_rule("/static/<mark>/<name>", "static", static, methods=["GET"])
    app.context_processor(shown)

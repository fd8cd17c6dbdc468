"""In which language a page is shown: what somebody chose, else what their browser prefers, else Chinese."""

from __future__ import annotations

import re
from typing import Final

from flask import Flask, g, redirect, request
from flask_babel import Babel
from werkzeug.wrappers import Response

from field.words import LANGUAGES
from services.console.pages.catalogues import LOCALES, Catalogues, drawn_ntext, drawn_text

COOKIE: Final = "language"
_YEAR_S: Final = 365 * 24 * 3600
_OWN_PATH: Final = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")


def language() -> str:
    """A page that knows whose it is names their language as `g.language`."""
    for chosen in (request.cookies.get(COOKIE), g.get("language")):
        if chosen in LANGUAGES:
            return str(chosen)
    for preferred in request.accept_languages.values():
        for one in LANGUAGES:
            if _family(preferred) == _family(one):
                return one
    return LANGUAGES[0]


def _family(language: str) -> str:
    """zh of zh-CN, zh-TW and zh_Hant: to read the other script is better than to read English."""
    return language.replace("_", "-").lower().partition("-")[0]


def add_languages(app: Flask) -> None:
    """Texts in the reader's language, and `POST /language`, which chooses it."""
    babel = Babel(
        app,
        default_locale=LOCALES[LANGUAGES[0]],
        default_timezone="Asia/Shanghai",
        locale_selector=lambda: LOCALES[language()],
    )
    babel.domain_instance = Catalogues()
    app.jinja_env.globals.update(_=drawn_text, gettext=drawn_text, ngettext=drawn_ntext)
    app.add_url_rule("/language", "language", _choose, methods=["POST"])


def _choose() -> Response:
    """Remember it in a cookie, and go back to where the switch stood."""
    answer = redirect(own_path(request.form.get("back", "")), 303)
    chosen = request.form.get("language")
    return remember(answer, chosen) if chosen in LANGUAGES else answer


def remember(answer: Response, chosen: str) -> Response:
    """:param chosen: one of field.words.LANGUAGES."""
    secure = request.is_secure
    answer.set_cookie(COOKIE, chosen, max_age=_YEAR_S, secure=secure, httponly=True, samesite="Lax")
    return answer


def own_path(text: str) -> str:
    """The path, where it is one of this host; otherwise the first page. `//other.host` is none."""
    return text if _OWN_PATH.fullmatch(text) else "/"

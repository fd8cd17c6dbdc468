"""The page that checks a certificate of release: for whoever is shown one, and knows nobody here."""

from __future__ import annotations

import json
from typing import Final

from flask import Blueprint, Response, g, jsonify, make_response, render_template, request

from chassis.commands.command import Author
from chassis.doors.limits import Allowance
from chassis.doors.tokens import Actor
from contracts.faults import Refused
from field.words import LANGUAGES
from services.console.doors import DoorAway, Doors
from services.console.pages.catalogues import texts
from services.console.pages.certificates.papers import CHECK, Papers
from services.console.pages.certificates.said import FIELDS, SAYS, measures_said, said

_EDGE: Final = Actor(Author("console", "/console/certificates", "certificates"))
_DAY_S: Final = 24 * 3600
# An answer says nothing of anybody; this spares the door whoever asks without end.
_BURST: Final = 60.0
_PER_SECOND: Final = 1.0


def make_certificates(doors: Doors, papers: Papers, *, allowance: Allowance | None = None) -> Blueprint:
    """:param allowance: how often one address may ask whether certificates hold."""
    pages = Blueprint("certificates", __name__, template_folder="templates", url_prefix=CHECK)
    left = allowance or Allowance(_BURST, _PER_SECOND)

    @pages.get("")
    def check_page() -> Response:
        """The same for everybody, in both languages: a browser keeps it for a day, and checks without us."""
        g.texts = texts(LANGUAGES[0])
        page = render_template(
            "certificates/check.html",
            language=LANGUAGES[0],
            kind="",
            says={name: said(text) for name, text in SAYS.items()},
            fields=FIELDS,
            measures=json.dumps(measures_said(), ensure_ascii=False),
            public=json.dumps({"id": papers.key.id, "key": papers.key.public}),
        )
        answer = make_response(page)
        answer.headers["Cache-Control"] = f"public, max-age={_DAY_S}"
        return answer

    @pages.get("/standing")
    def standing() -> Response:
        if not left.take(request.remote_addr or ""):
            return make_response(jsonify({"wait": "60 s"}), 429)
        asked = {"case_id": request.args.get("case", ""), "released_on": request.args.get("released", "")}
        try:
            found = doors.look_up("isolation", "release_stands", _EDGE, asked)
        except (DoorAway, Refused):
            return make_response(jsonify({"wait": "the system cannot be asked just now"}), 503)
        return jsonify({"stands": bool(found["stands"])})

    return pages

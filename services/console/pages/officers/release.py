"""People are released: chosen on the list, looked at, decided for each of them, with an outcome for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import flask_babel
from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from chassis.ids import new_id
from chassis.unit_of_work import Work
from services.console.doors import Doors
from services.console.pages.catalogues import gettext
from services.console.pages.entry.keys import key_of_act
from services.console.pages.entry.numbers import number_of
from services.console.pages.entry.who import only_in
from services.console.pages.officers.acts import Became, again, say, typed
from services.console.pages.officers.asking import Asking
from services.console.pages.officers.cells import Cell
from services.console.pages.officers.listed_cases import CASES_TO_RELEASE
from services.console.pages.officers.lists import ShownList, list_of_form, list_page, with_all_chosen
from services.console.pages.shown.figures import Count, count_in_words
from services.console.pages.words import word

_HELD_BY: Final = "held_by_"
Row = tuple[Mapping[str, Any], tuple[Cell, ...]]


def add_release(pages: Blueprint, doors: Doors, work: Work) -> None:
    @pages.get("/lists/cases_to_release")
    @only_in(work, "officer")
    def to_release() -> Response:
        every = request.args.get("choose") == "all"
        return list_page(
            doors,
            CASES_TO_RELEASE,
            "officers/to_release.html",
            lambda shown: _choosing(shown, [row["case_id"] for row, _ in shown.rows] if every else ()),
            ("choose",),
        )

    @pages.post("/release")
    @only_in(work, "officer")
    def look_at_release() -> Response:
        asking, shown = list_of_form(doors, CASES_TO_RELEASE)
        if isinstance(shown, Response):
            return shown
        ids = set(request.form.getlist("case_id"))
        chosen = [(row, cells) for row, cells in shown.rows if row["case_id"] in ids]
        if not chosen:
            more = _choosing(shown, ()) | {"nobody": True, "missing": asking.missing}
            page = render_template("officers/to_release.html", of=shown.of, shown=shown, **more)
            return make_response(page, 422)
        return _preview(asking, shown, chosen, gone=len(ids) - len(chosen))

    @pages.post("/release/now")
    @only_in(work, "officer")
    def release_them() -> Response:
        became = {}
        for chosen in request.form.getlist("case")[:500]:
            case_id, _, version = chosen.partition(":")
            data: dict[str, Any] = {"case_id": case_id, "decision": "release", "expects": number_of(version)}
            if note := typed("note")["note"]:
                data["note"] = note
            became[case_id] = say(doors, "isolation", "decide_case", key_of_act(data, case_id), data)
            if became[case_id].kind == "away":
                return again()  # under the same keys: who is released already stays released
        return _outcome(doors, became)


def _choosing(shown: ShownList, chosen: Sequence[str]) -> dict[str, Any]:
    """What the list shows besides: whose boxes are ticked, and the way to tick all."""
    return {"chosen": chosen, "all_of_page": with_all_chosen(shown)}


def _preview(asking: Asking, shown: ShownList, chosen: Sequence[Row], gone: int) -> Response:
    households = {row["household_id"] or row["case_id"] for row, _ in chosen}
    page = render_template(
        "officers/release.html",
        shown=shown,
        chosen=chosen,
        counted=count_in_words(Count(len(chosen), len(households)), flask_babel),
        gone=gone,
        key=new_id(),
        missing=asking.missing,
    )
    return make_response(page)


def _outcome(doors: Doors, became: Mapping[str, Became]) -> Response:
    """Whoever was released stands on no list any more; the line of each of the others leads to the case."""
    asking = Asking(doors)
    asking.names()
    held = [(case_id, _why(one)) for case_id, one in became.items() if one.kind != "done"]
    page = render_template(
        "officers/released.html",
        released=len(became) - len(held),
        held=held,
        asked=request.form.get("list", "")[:2000],
        missing=asking.missing,
    )
    return make_response(page)


def _why(became: Became) -> str:
    """In a sentence: what holds them by what is known by now, or what changed."""
    codes = (fault.code for fault in became.faults if fault.where == "decision")
    holds = [code.removeprefix(_HELD_BY) for code in codes if code.startswith(_HELD_BY)]
    if holds:
        return str(gettext("something holds them: %(what)s", what=", ".join(word(one) for one in holds)))
    if became.kind == "unknown":
        return str(gettext("not there, or not yours"))
    return str(gettext("the case has changed meanwhile"))

"""A decision about one case: what it needs is typed, looked at with what follows from it, and then said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, abort, make_response, redirect, render_template
from werkzeug.wrappers import Response

from chassis.ids import new_id
from chassis.unit_of_work import Work
from contracts.faults import Refused
from services.console.doors import Doors
from services.console.pages.catalogues import gettext
from services.console.pages.entry.keys import key_of_form
from services.console.pages.entry.numbers import number_of
from services.console.pages.entry.who import acting, only_in
from services.console.pages.officers.acts import Became, again, say, typed
from services.console.pages.officers.asking import Asking
from services.console.pages.officers.case import candidates
from services.console.pages.officers.decisions import SHOWN
from services.console.pages.officers.lists import STATUS
from services.console.pages.refusals import refusal_page
from services.console.pages.words import word

_TYPED: Final = ("because", "witness", "place", "escort", "note")


def add_decide(pages: Blueprint, doors: Doors, work: Work) -> None:
    @pages.get("/cases/<case_id>/decide/<decision>")
    @only_in(work, "officer")
    def decide_page(case_id: str, decision: str) -> Response:
        return _page(doors, case_id, decision, {})

    @pages.post("/cases/<case_id>/decide/<decision>")
    @only_in(work, "officer")
    def look_at_decision(case_id: str, decision: str) -> Response:
        given = typed(*_TYPED, "expects")
        shown = SHOWN.get(decision) or abort(404)
        missing = [name for name in shown.needs if not given[name]]
        if given["because"] == "other" and not given["note"]:
            missing.append("note")
        wrong = {name: gettext("This is still missing.") for name in missing}
        return _page(doors, case_id, decision, given, wrong, preview=not wrong)

    @pages.post("/cases/<case_id>/decide/<decision>/now")
    @only_in(work, "officer")
    def decide_now(case_id: str, decision: str) -> Response:
        given = typed(*_TYPED, "expects")
        shown = SHOWN.get(decision) or abort(404)
        data: dict[str, Any] = {
            "case_id": case_id,
            "decision": decision,
            "expects": number_of(given["expects"]),
        }
        data |= {name: given[name] for name in (*shown.needs, "note") if given[name]}
        became = say(doors, "isolation", "decide_case", key_of_form(), data)
        if became.kind == "away":
            return again()
        if became.kind == "done":
            return redirect(f"/cases/{case_id}?said={decision}", 303)
        return _page(doors, case_id, decision, given, became.wrong, became)


def _page(
    doors: Doors,
    case_id: str,
    decision: str,
    given: Mapping[str, str],
    wrong: Mapping[str, str] | None = None,
    became: Became | None = None,
    *,
    preview: bool = False,
) -> Response:
    """:param preview: all is typed: what follows from it is shown, and asked once more."""
    shown, asking = SHOWN.get(decision) or abort(404), Asking(doors)
    try:
        story = asking.thing("isolation", "case_story", case_id)
    except Refused as refused:
        return refusal_page(STATUS[refused.kind])
    if story is None:
        return again()
    names = asking.names()
    staff = candidates(asking, story, names) if "witness" in shown.needs else []
    page = render_template(
        "officers/decided.html" if preview else "officers/decide.html",
        story=story,
        decision=decision,
        shown=shown,
        possible=decision in (story.get("decisions") or ()),
        given=given,
        expects=given.get("expects") or story["version"],
        wrong=wrong or {},
        became=became,
        reasons=[(one, word(one)) for one in shown.because],
        staff=[(id, f"{word(role)} {name} ({id})") for id, name, role in staff if id != acting().author.id],
        key=new_id(),
        missing=asking.missing,
    )
    return make_response(page, became.status if became else 422 if wrong else 200)

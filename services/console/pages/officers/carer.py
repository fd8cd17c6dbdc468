"""An officer names the carer of somebody in central isolation who cannot be alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, make_response, redirect, render_template
from werkzeug.wrappers import Response

from chassis.ids import new_id
from chassis.unit_of_work import Work
from contracts.faults import Refused
from field.words import CARER_LEAVES
from services.console.doors import Doors
from services.console.pages.catalogues import gettext
from services.console.pages.entry.keys import key_of_form
from services.console.pages.entry.who import only_in
from services.console.pages.officers.acts import Became, again, say, typed
from services.console.pages.officers.asking import Asking
from services.console.pages.officers.central import adults_there, dependants
from services.console.pages.officers.lists import STATUS
from services.console.pages.refusals import refusal_page

_IN_WORDS: Final = ("carer", "carer_named", "dependants", "minded_by")


def add_carer(pages: Blueprint, doors: Doors, work: Work) -> None:
    @pages.get("/cases/<case_id>/carer")
    @only_in(work, "officer")
    def carer_page(case_id: str) -> Response:
        return _page(doors, case_id, {})

    @pages.post("/cases/<case_id>/carer")
    @only_in(work, "officer")
    def name_carer(case_id: str) -> Response:
        given = typed("move_id", "has_bed", "apart", *_IN_WORDS)
        if not given["carer"] and not given["carer_named"]:
            missing = {"carer": gettext("Choose an adult who is there, or name one who comes to them.")}
            return _page(doors, case_id, given, Became("invalid", wrong=missing))
        data: dict[str, Any] = {name: given[name] for name in _IN_WORDS if given[name]}
        data |= {"move_id": given["move_id"], "apart": bool(given["apart"])}
        data |= {"takes_bed": not given["has_bed"]}
        became = say(doors, "isolation", "name_carer", key_of_form(), data)
        if became.kind == "away":
            return again()
        if became.kind == "done":
            moved = "carer_named_moved" if became.result["moved"] else "carer_named"
            return redirect(f"/cases/{case_id}?said={moved}", 303)
        return _page(doors, case_id, given, became)


def _page(doors: Doors, case_id: str, given: Mapping[str, str], became: Became | None = None) -> Response:
    """Of somebody who cannot be alone, and has a bed: of nobody else a carer is named."""
    asking = Asking(doors)
    try:
        story = asking.thing("isolation", "case_story", case_id)
        found = asking.look_up("isolation", "carers_there", {"case_id": case_id})
        adults = adults_there(asking, found["adults"]) if found else []
    except Refused as refused:
        return refusal_page(STATUS[refused.kind])
    if story is None or found is None:
        return again()
    asking.names()
    wrong = dict(became.wrong) if became else {}
    page = render_template(
        "officers/carer.html",
        story=story,
        move=found["move"],
        adults=adults,
        dependants=[(one, dependants()[one]) for one in CARER_LEAVES],
        given=given,
        wrong=wrong,
        on_top=wrong.pop("move_id", "") or wrong.pop("", ""),
        key=new_id(),
        missing=asking.missing,
    )
    return make_response(page, became.status if became else 200)

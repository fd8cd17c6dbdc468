"""An officer asks another community to take somebody over, from the page of their case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, make_response, redirect, render_template
from werkzeug.wrappers import Response

from chassis.ids import new_id
from chassis.unit_of_work import Work
from contracts.faults import Refused
from services.console.doors import Doors
from services.console.pages.catalogues import gettext
from services.console.pages.entry.keys import key_of_form
from services.console.pages.entry.who import only_in
from services.console.pages.officers.acts import Became, again, say, typed
from services.console.pages.officers.asking import Asking
from services.console.pages.officers.lists import STATUS
from services.console.pages.refusals import refusal_page

_TYPED: Final = ("who", "place", "address", "moves_on", "note")
_NEEDED: Final = ("who", "place", "address", "note")
_HOUSEHOLD: Final = "household"


def add_transfer(pages: Blueprint, doors: Doors, work: Work) -> None:
    @pages.get("/cases/<case_id>/transfer")
    @only_in(work, "officer")
    def transfer_page(case_id: str) -> Response:
        return _page(doors, case_id, {})

    @pages.post("/cases/<case_id>/transfer")
    @only_in(work, "officer")
    def ask_other_community(case_id: str) -> Response:
        given = typed(*_TYPED)
        if wrong := {name: gettext("This is still missing.") for name in _NEEDED if not given[name]}:
            return _page(doors, case_id, given, Became("invalid", wrong=wrong))
        data: dict[str, Any] = {name: given[name] for name in ("place", "address", "note")}
        data |= {"arrival_id": case_id, "with_household": given["who"] == _HOUSEHOLD}
        if given["moves_on"]:
            data["moves_on"] = given["moves_on"]
        became = say(doors, "registration", "request_transfer", key_of_form(), data)
        if became.kind == "away":
            return again()
        if became.kind == "done":
            return redirect(f"/cases/{case_id}?said=asked_community", 303)
        return _page(doors, case_id, given, became)


def _page(doors: Doors, case_id: str, given: Mapping[str, str], became: Became | None = None) -> Response:
    """Of a case that is followed: of others nobody asks."""
    asking = Asking(doors)
    try:
        story = asking.thing("isolation", "case_story", case_id)
        found = asking.look_up("registration", "communities", {})
    except Refused as refused:
        return refusal_page(STATUS[refused.kind])
    if story is None or found is None:
        return again()
    asking.names()
    communities = [
        (one["place_id"], " ".join(filter(None, (one["above"], one["name"]))))
        for one in found["communities"]
        if one["place_id"] != story["community"]
    ]
    who = [
        ("one", gettext("only them")),
        (_HOUSEHOLD, gettext("with all of their household who are followed here")),
    ]
    page = render_template(
        "officers/transfer.html",
        story=story,
        communities=communities,
        who=who,
        given=given,
        became=became,
        wrong=became.wrong if became else {},
        key=new_id(),
        missing=asking.missing,
    )
    return make_response(page, became.status if became else 200)

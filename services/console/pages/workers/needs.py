"""What a household needs, at its door or by phone: asked for in its name, taken up, met."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, request
from werkzeug.wrappers import Response

from chassis.unit_of_work import Work
from contracts.faults import Refused
from field.words import NEED_KINDS, NEED_MET
from services.console.doors import Doors
from services.console.pages.catalogues import gettext
from services.console.pages.entry.need_form import read_need
from services.console.pages.refusals import refusal_page
from services.console.pages.shown.rows import Wrong
from services.console.pages.workers.faults import why
from services.console.pages.workers.household import Visit, at_household, page_of_household

_OPEN: Final = ("asked", "seen", "not_possible")


def add_needs_of_households(pages: Blueprint, work: Work, doors: Doors) -> None:
    here = at_household(work, doors)

    def page(visit: Visit, wrong: list[Wrong] | None = None) -> Response:
        return visit.page("need", wrong, kinds=NEED_KINDS)

    @pages.get("/doors/<household>/need")
    @here
    def need_at_door_page(visit: Visit) -> Response:
        return page(visit)

    @pages.post("/doors/<household>/need")
    @here
    def need_at_door(visit: Visit) -> Response:
        said, wrong = read_need(request.form)
        chosen = visit.chosen()
        if not chosen:
            wrong = [Wrong("who", gettext("Choose whom it is for.")), *wrong]
        if wrong:
            return page(visit, wrong)
        try:
            visit.say("isolation", "ask_need", "all", case_ids=chosen, **said)
        except Refused as refused:
            return page(visit, why(refused))
        return visit.done("need")

    @pages.post("/doors/<household>/need-answer")
    @here
    def answer_need(visit: Visit) -> Response:
        """What was settled meanwhile stays as it is."""
        id, answer = request.form.get("need", ""), request.form.get("answer", "")
        said: dict[str, Any] = {"outcome": answer}
        if answer in NEED_MET:
            said = {"outcome": "met", "how": answer}
        elif answer not in ("seen", "withdrawn"):
            return refusal_page(404)
        need = next((one for one in visit.document.get("needs", ()) if one["need_id"] == id), None)
        if need is None or need["state"] not in _OPEN:
            is_so = need is not None and (need["state"], need["how"]) == (said["outcome"], said.get("how"))
            return visit.done(f"need_{said['outcome']}" if is_so else "changed")
        try:
            visit.say("isolation", "answer_need", id, need_id=id, **said)
        except Refused as refused:
            return page_of_household(visit, why(refused))
        return visit.done(f"need_{said['outcome']}")

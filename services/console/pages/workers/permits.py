"""Leave to go out, asked for at a household's door or by phone, in its name."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response

from chassis.unit_of_work import Work
from contracts.faults import Refused
from field.words import PASSAGES, PERMIT_BY, PERMIT_KINDS
from services.console.doors import Doors
from services.console.pages.catalogues import gettext
from services.console.pages.entry.permit_form import read_permit, why_not
from services.console.pages.refusals import refusal_page
from services.console.pages.shown.permits import read_permits
from services.console.pages.shown.rows import Wrong
from services.console.pages.workers.faults import why
from services.console.pages.workers.household import Visit, at_household, page_of_household


def add_permits_of_households(pages: Blueprint, work: Work, doors: Doors) -> None:
    here = at_household(work, doors)

    def page(visit: Visit, wrong: list[Wrong] | None = None) -> Response:
        return visit.page("permit", wrong, kinds=PERMIT_KINDS, ways=PERMIT_BY)

    @pages.get("/doors/<household>/permit")
    @here
    def permit_at_door_page(visit: Visit) -> Response:
        return page(visit)

    @pages.post("/doors/<household>/permit")
    @here
    def permit_at_door(visit: Visit) -> Response:
        said, wrong = read_permit(request.form, visit.now)
        chosen = visit.chosen()
        if not chosen:
            wrong = [Wrong("who", gettext("Choose who goes.")), *wrong]
        if wrong:
            return page(visit, wrong)
        try:
            visit.say("isolation", "request_permit", "all", case_ids=chosen, **said)
        except Refused as refused:
            return page(visit, why_not(refused) or why(refused))
        return visit.done("permit")

    @pages.post("/doors/<household>/passage")
    @here
    def passage_at_door(visit: Visit) -> Response:
        """Whoever had leave was seen going, or is back."""
        id, direction = request.form.get("permit", ""), request.form.get("direction", "")
        if direction not in PASSAGES:
            return refusal_page(404)
        permits = read_permits(visit.document.get("permits", ()))
        permit = next((one for one in permits if one.id == id), None)
        people = [id for id in visit.case_ids if permit and id in permit.people]
        if not people:
            return visit.done("changed")
        try:
            visit.say("isolation", "report_passage", id, case_ids=people, direction=direction)
        except Refused as refused:
            return page_of_household(visit, why(refused))
        return visit.done(f"passage_{direction}")

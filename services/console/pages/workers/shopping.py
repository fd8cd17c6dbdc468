"""What is to be bought and brought: a list for a day, by building, to be printed and taken along."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from chassis.unit_of_work import Work
from contracts.faults import Refused
from services.console.doors import Doors
from services.console.pages.catalogues import gettext
from services.console.pages.entry.who import acting, only_in
from services.console.pages.refusals import refusal_page
from services.console.pages.shown.rows import Filter
from services.console.pages.shown.shopping import by_building

_STATUS = {"unknown": 404, "not_allowed": 403, "invalid": 422, "conflict": 409}
_WEEK = timedelta(days=6)


def add_shopping(pages: Blueprint, work: Work, doors: Doors) -> None:
    @pages.get("/shopping")
    @only_in(work, "worker", "officer")
    def shopping_page() -> Response:
        asked = {"day": request.args["day"][:10]} if request.args.get("day") else {}
        try:
            document = doors.look_up("isolation", "shopping_list", acting(), asked)
        except Refused as refused:
            return refusal_page(_STATUS[refused.kind])
        as_of, day = datetime.fromisoformat(document["as_of"]), date.fromisoformat(document["day"])
        page = render_template(
            "workers/shopping.html",
            buildings=by_building(document["needs"]),
            how_many=len(document["needs"]),
            more=document["more"],
            day=day,
            as_of=as_of,
            days=_days(as_of.date(), day),
        )
        return make_response(page)


def _days(today: date, chosen: date) -> list[Filter]:
    named = {today: gettext("until tonight"), today + timedelta(days=1): gettext("until tomorrow night")}
    named[today + _WEEK] = gettext("of the week")
    return [
        Filter(name, "/shopping" if day == today else f"/shopping?day={day}", chosen=day == chosen)
        for day, name in named.items()
    ]

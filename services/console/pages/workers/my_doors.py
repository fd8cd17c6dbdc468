"""A worker's first page: the figures of today without names, then the doors in the order of a walk."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, g, make_response, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from chassis.doors.roles import roles
from chassis.unit_of_work import Work
from services.console.doors import Doors
from services.console.pages.entry.who import acting, only_in
from services.console.pages.shown.rounds import FILTERS, Round, round_of
from services.console.pages.shown.rows import Filter
from services.console.pages.workers.household import said_of, see_as


def add_doors(pages: Blueprint, work: Work, doors: Doors) -> None:
    @pages.get("/doors")
    @only_in(work, "worker", "officer")
    def doors_page() -> Response:
        document = doors.look_up("isolation", "my_households", acting(), {})
        see_as(document)
        g.as_of = datetime.fromisoformat(document["as_of"])
        show = request.args.get("show", "all")
        from_top = request.args.get("from") == "top"
        found = round_of(document, from_top=from_top)
        shown = found.shown(show if show in FILTERS else "all")
        you = document.get("you")
        page = render_template(
            "workers/doors.html",
            may_shop=not you or roles().may(you["role"], "isolation", "shopping_list"),
            figures=found.figures,
            filters=_filters(found, show, from_top),
            households=shown,
            whole=len(found.households),
            more=document["more"],
            as_of=g.as_of,
            turned=_address(show, not from_top),
            from_top=from_top,
            said=said_of(request.args.get("said", "")),
        )
        return make_response(page)


def _filters(found: Round, show: str, from_top: bool) -> list[Filter]:
    names = {
        "all": gettext("all"),
        "overdue": gettext("overdue"),
        "abnormal": gettext("abnormal"),
        "first": gettext("first visits"),
        "needs": gettext("needs"),
        "unreported": gettext("not yet reported"),
    }
    chosen = show if show in names else "all"
    return [
        Filter(name, _address(filter, from_top), len(found.shown(filter)), filter == chosen)
        for filter, name in names.items()
    ]


def _address(show: str, from_top: bool) -> str:
    asked = {name: value for name, value in (("show", show), ("from", "top" if from_top else "")) if value}
    if asked.get("show") not in FILTERS or asked.get("show") == "all":
        asked.pop("show", None)
    return "/doors" + (f"?{urlencode(asked)}" if asked else "")

"""A worker's first page: the figures of today without names, then the doors in the order of a walk.

It has as many doors as a usual round; whoever has more turns pages. What it counts is all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, g, make_response, render_template, request
from werkzeug.wrappers import Response

from chassis.doors.roles import roles
from chassis.unit_of_work import Work
from services.console.doors import Doors
from services.console.pages.catalogues import gettext
from services.console.pages.entry.who import acting, only_in
from services.console.pages.shown.rounds import FILTERS, Round, round_of
from services.console.pages.shown.rows import Filter
from services.console.pages.workers.household import said_of, see_as


@dataclass(frozen=True, slots=True)
class MyDoors:
    """All doors of whoever is in, as they were asked for.

    :param document: as isolation's door answered.
    """

    document: Mapping[str, Any]
    round: Round

    @classmethod
    def ask(cls, doors: Doors, *, from_top: bool = False) -> MyDoors:
        """Raises Refused, DoorAway."""
        document = doors.look_up("isolation", "my_households", acting(), {})
        return cls(document, round_of(document, from_top=from_top))

    def pages(self) -> list[str]:
        """The addresses at which all of them stand, in their order."""
        return ["/doors", *(_address("all", at=household) for household in self.round.pages()[1:])]


def add_doors(pages: Blueprint, work: Work, doors: Doors) -> None:
    @pages.get("/doors")
    @only_in(work, "worker", "officer")
    def doors_page() -> Response:
        """Everything is one question to the door; whoever keeps all pages has asked it already."""
        from_top = request.args.get("from") == "top"
        show = request.args.get("show", "all")
        show = show if show in FILTERS else "all"
        mine: MyDoors = g.get("my_doors") or MyDoors.ask(doors, from_top=from_top)
        see_as(mine.document)
        g.as_of, you = mine.round.now, mine.document.get("you")
        part = mine.round.part(show, request.args.get("at", ""))
        page = render_template(
            "workers/doors.html",
            may_shop=not you or roles().may(you["role"], "isolation", "shopping_list"),
            may_knock=not you or roles().may(you["role"], "isolation", "round_doors"),
            figures=mine.round.figures,
            filters=_filters(mine.round, show, from_top),
            part=part,
            first=_address(show, from_top) if part.first > 1 else "",
            next=_address(show, from_top, part.next) if part.next else "",
            whole=len(mine.round.stops),
            more=mine.document["more"],
            as_of=g.as_of,
            turned=_address(show, not from_top),
            from_top=from_top,
            said=said_of(request.args.get("said", "")),
        )
        return make_response(page)


def _filters(found: Round, chosen: str, from_top: bool) -> list[Filter]:
    names = {
        "all": gettext("all"),
        "overdue": gettext("overdue"),
        "abnormal": gettext("abnormal"),
        "first": gettext("first visits"),
        "needs": gettext("needs"),
        "unreported": gettext("not yet reported"),
    }
    return [
        Filter(name, _address(filter, from_top), len(found.shown(filter)), filter == chosen)
        for filter, name in names.items()
    ]


def _address(show: str, from_top: bool = False, at: str = "") -> str:
    """:param at: the household with which the page begins."""
    given = {"show": "" if show == "all" else show, "from": "top" if from_top else "", "at": at}
    asked = {name: value for name, value in given.items() if value}
    return "/doors" + (f"?{urlencode(asked)}" if asked else "")

"""What a worker said today of people whom they did not find, taken back here: their pages may be gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chassis.unit_of_work import Work
from contracts.faults import Refused
from services.console.doors import DoorAway, Doors
from services.console.pages.catalogues import gettext
from services.console.pages.entry.kept import again_page, typed_now
from services.console.pages.entry.keys import key_of_act, key_that_stays
from services.console.pages.entry.who import acting, only_in
from services.console.pages.shown.rounds import clock
from services.console.pages.shown.rows import Wrong
from services.console.pages.workers.faults import why
from services.console.pages.workers.household import said_of
from services.console.pages.workers.otherwise import NOT_FOUND
from services.console.phone_acts.act import read_moment

_LONGEST: Final = 9
"""Digits of a number that the database can hold."""


@dataclass(frozen=True, slots=True)
class SaidOf:
    """:param act: the arrival and the number of the line in its history.
    :param what: a word of the field.
    """

    act: str
    what: str
    at: str
    name: str
    address: str


def add_said_today(pages: Blueprint, work: Work, doors: Doors) -> None:
    @pages.get("/doors/said")
    @only_in(work, "worker", "officer")
    def said_page() -> Response:
        return _page(doors, [])

    @pages.post("/doors/said/take-back")
    @only_in(work, "worker", "officer")
    def take_back_said() -> Response:
        """Sent twice it is one act, by its key."""
        arrival, _, number = request.form.get("act", "").partition(":")
        if not (number.isascii() and number.isdigit() and len(number) <= _LONGEST):
            return _page(doors, [Wrong("main", gettext("It is not there any more."))])
        data: dict[str, Any] = {"arrival_id": arrival, "number": int(number)}
        at = read_moment(request.form.get("at", ""))
        given = data | ({"at": at.isoformat()} if at else {})
        try:
            doors.say("registration", "take_back_following", acting(), key_of_act(data, arrival), given)
        except DoorAway:
            return again_page(request.path, typed_now(), away=True)
        except Refused as refused:
            return _page(doors, why(refused, {"number": "main"}))
        g.said = "taken_back"
        return redirect(url_for("workers.said_page", said="taken_back"), 303)


def _page(doors: Doors, wrong: Sequence[Wrong]) -> Response:
    g.wrong = wrong
    document = doors.look_up("registration", "followed_today", acting(), {})
    now = g.as_of = datetime.fromisoformat(document["as_of"])
    said = request.args.get("said", "") if request.method == "GET" else ""
    shown = [
        SaidOf(
            f"{one['arrival_id']}:{one['number']}",
            one["what"],
            clock(one["at"], now),
            one["name"] or "",
            one["address"] or "",
        )
        for one in document["said"]
        if one["what"] in NOT_FOUND
    ]
    page = render_template(
        "workers/said_today.html", shown=shown, wrong=wrong, said=said_of(said), key=key_that_stays()
    )
    return make_response(page, 422 if wrong else 200)

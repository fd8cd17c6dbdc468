"""The doors at which somebody knocks in a round of tests, by building, with a button for each outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from chassis.ids import new_id
from chassis.unit_of_work import Work
from contracts.faults import Refused
from field.addresses import building_of
from field.words import ROUND_OUTCOMES
from services.console.doors import Doors
from services.console.pages.catalogues import gettext
from services.console.pages.entry.keys import key_of_act
from services.console.pages.entry.who import acting, only_in
from services.console.pages.refusals import refusal_page
from services.console.pages.shown.doors_in_order import in_order
from services.console.pages.shown.rows import Wrong
from services.console.pages.words import word
from services.console.pages.workers.faults import why

AT_ONCE: Final = 80
"""People on one page."""
_BUTTONS: Final = ("tested", "nobody_there")
"""What is said at once; the rest on a page of its own."""
_OTHERWISE: Final = ("refused", "moved_away", "exempt", "cannot_come_out", "listed_twice", "taken_back")
_STATUS: Final = {"unknown": 404, "not_allowed": 403, "invalid": 422, "conflict": 409}
_LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class Building:
    """:param name: "" of doors whose building cannot be read: they stand last."""

    name: str
    people: Sequence[Mapping[str, Any]]


def add_knocking(pages: Blueprint, work: Work, doors: Doors) -> None:
    @pages.get("/knocking")
    @only_in(work, "worker", "officer")
    def knocking_page() -> Response:
        return _page(doors)

    @pages.post("/knocking")
    @only_in(work, "worker", "officer")
    def knocked() -> Response:
        """By one button: of whom, and what came of it."""
        person_id, _, outcome = request.form.get("said", "").partition(":")
        if outcome not in _BUTTONS:
            return refusal_page(404)
        try:
            _say(doors, person_id, outcome, "")
        except Refused as refused:
            return _page(doors, why(refused), _STATUS[refused.kind])
        at = request.form.get("at", "")
        return redirect(f"/knocking?said={outcome}" + (f"&at={int(at)}" if at.isdecimal() else ""), 303)

    @pages.get("/knocking/<person_id>")
    @only_in(work, "worker", "officer")
    def otherwise_page(person_id: str) -> Response:
        return _otherwise(doors, person_id)

    @pages.post("/knocking/<person_id>")
    @only_in(work, "worker", "officer")
    def otherwise(person_id: str) -> Response:
        outcome, note = request.form.get("outcome", ""), request.form.get("note", "")[:_LONGEST].strip()
        if outcome not in _OTHERWISE:
            return _otherwise(doors, person_id, [Wrong("outcome", gettext("Choose one."))], 422)
        try:
            _say(doors, person_id, outcome, note)
        except Refused as refused:
            return _otherwise(doors, person_id, why(refused), _STATUS[refused.kind])
        return redirect(f"/knocking?said={outcome}", 303)


def _say(doors: Doors, person_id: str, outcome: str, note: str) -> None:
    """Sent twice from one page, it is one act. Raises Refused, DoorAway."""
    data = {"person_id": person_id, "outcome": outcome} | ({"note": note} if note else {})
    doors.say("isolation", "report_round_person", acting(), key_of_act(data), data)


def _page(doors: Doors, wrong: Sequence[Wrong] = (), status: int = 200) -> Response:
    try:
        document = doors.look_up("isolation", "round_doors", acting(), {})
    except Refused as refused:
        return refusal_page(_STATUS[refused.kind])
    people = in_order(document["people"], lambda one: str(one["address"] or ""))
    given = request.values.get("at", "")
    first = int(given) if given.isdecimal() and len(given) < 6 else 0
    first = first - first % AT_ONCE if first < len(people) else 0
    page = render_template(
        "workers/knocking.html",
        buildings=_by_building(people[first : first + AT_ONCE]),
        how_many=len(people),
        first=first + 1,
        last=min(first + AT_ONCE, len(people)),
        at=first,
        before="/knocking" if first else "",
        next=f"/knocking?at={first + AT_ONCE}" if first + AT_ONCE < len(people) else "",
        more=document["more"],
        as_of=datetime.fromisoformat(document["as_of"]),
        said=_said(request.args.get("said", "")),
        wrong=wrong,
        key=new_id(),
    )
    return make_response(page, status)


def _by_building(people: Sequence[Mapping[str, Any]]) -> list[Building]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for one in people:
        found.setdefault(building_of(one["address"] or "") or "", []).append(one)
    unread = found.pop("", None)
    named = [Building(name, rows) for name, rows in found.items()]
    return [*named, Building("", unread)] if unread else named


def _said(outcome: str) -> str:
    return str(gettext("Recorded: %(what)s.", what=word(outcome))) if outcome in ROUND_OUTCOMES else ""


def _otherwise(doors: Doors, person_id: str, wrong: Sequence[Wrong] = (), status: int = 200) -> Response:
    try:
        document = doors.look_up("isolation", "round_doors", acting(), {"person_id": person_id})
    except Refused as refused:
        return refusal_page(_STATUS[refused.kind])
    # A service of before answers with everybody.
    person = next((one for one in document["people"] if one["person_id"] == person_id), None)
    if person is None:
        return refusal_page(404)
    page = render_template(
        "workers/knocked_otherwise.html",
        person=person,
        outcomes=[(one, word(one)) for one in _OTHERWISE if one != "taken_back" or person["why"]],
        chosen=request.form.get("outcome", ""),
        note=request.form.get("note", "")[:_LONGEST],
        wrong=wrong,
        fault={one.field: one.says for one in wrong},
        key=new_id(),
    )
    return make_response(page, status)

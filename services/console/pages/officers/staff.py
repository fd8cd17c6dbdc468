"""The staff of one's place: who they are, and who joins, leaves, is replaced, away or on duty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from chassis.ids import new_id
from chassis.unit_of_work import Work
from contracts.faults import Refused
from field.words import LANGUAGES, ROLES
from services.console.doors import Doors, Listed
from services.console.pages.catalogues import N_, gettext
from services.console.pages.entry.keys import key_of_form
from services.console.pages.entry.numbers import number_of
from services.console.pages.entry.who import only_in
from services.console.pages.officers.acts import Became, again, say, typed
from services.console.pages.officers.asking import Asking, Names
from services.console.pages.officers.cells import ids_in, listed, moment
from services.console.pages.officers.lists import STATUS, Option, places_to_choose
from services.console.pages.refusals import refusal_page
from services.console.pages.shown.terms import read_time
from services.console.pages.words import word

SAID: Final = {
    "added": N_("They are added. Cases of their place are given to them from now on."),
    "amended": N_("It is changed."),
    "left": N_("They have left: what is open goes on with whoever takes over."),
    "away": N_("They are away: their deputy does their work and hears what they would."),
    "back": N_("They are back."),
    "on_duty": N_("They are on duty: who is told at night is told to them."),
    "off_duty": N_("They are not on duty any more."),
}
_TIMES: Final = ("away_from", "away_to", "duty_from", "duty_to")
_WORDS: Final = ("role", "place", "name", "phone", "language", "replaced_by", "deputy")
_OF: Final[Mapping[str, Sequence[str]]] = {
    "added": ("role", "place", "name", "phone", "language"),
    "amended": ("role", "place", "name", "phone", "language"),
    "left": ("replaced_by",),
    "away": ("away_from", "away_to", "deputy"),
    "back": (),
    "on_duty": ("duty_from", "duty_to"),
    "off_duty": (),
}
"""What is said of a member of staff -> the fields of its form."""
_GIVEN_HERE: Final = tuple(role for role in ROLES if role != "administrator")
_NOBODY: Final = Names({}, {}, {})


@dataclass(frozen=True, slots=True)
class Tried:
    """A form that was sent and not done, as the page shows it again."""

    what: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    conflict: bool = False


def add_staff(pages: Blueprint, doors: Doors, work: Work) -> None:
    @pages.get("/staff")
    @only_in(work, "officer")
    def all_staff() -> Response:
        asked = {key: value for key, value in request.args.items() if value}
        if len(asked) < len(request.args):
            return redirect(f"/staff?{urlencode(asked)}" if asked else "/staff", 303)
        asking = Asking(doors)
        try:
            found = asking.rows("registration", "staff", asked)
        except Refused as refused:
            return refusal_page(STATUS[refused.kind])
        return _all_staff(asking, found, asked)

    @pages.get("/staff/new")
    @only_in(work, "officer")
    def new_member() -> Response:
        return _new(doors, Tried())

    @pages.post("/staff/new")
    @only_in(work, "officer")
    def add() -> Response:
        given = typed("staff_id", *_OF["added"])
        tried = _amend(doors, "added", given["staff_id"], 0, given, None)
        if isinstance(tried, Tried):
            return _new(doors, tried)
        return tried

    @pages.get("/staff/<staff_id>")
    @only_in(work, "officer")
    def member(staff_id: str) -> Response:
        return _member(doors, staff_id, Tried())

    @pages.post("/staff/<staff_id>")
    @only_in(work, "officer")
    def amend(staff_id: str) -> Response:
        given = typed("what", "expects", *_WORDS, *_TIMES)
        if given["what"] not in _OF or given["what"] == "added":
            return refusal_page(422)
        now = datetime.now(work.zone)  # for its zone alone: the door knows the time of the field
        tried = _amend(doors, given["what"], staff_id, number_of(given["expects"]), given, now)
        return tried if isinstance(tried, Response) else _member(doors, staff_id, tried)


def _amend(
    doors: Doors, what: str, staff_id: str, expects: int, given: Mapping[str, str], now: datetime | None
) -> Response | Tried:
    """Say it. What was done leads on, the rest is tried again."""
    data: dict[str, Any] = {"staff_id": staff_id, "what": what, "expects": expects}
    wrong = {}
    for name in _OF[what]:
        if not given[name]:
            continue
        if name not in _TIMES:
            data[name] = given[name]
        elif now and (at := read_time(given[name], now)):
            data[name] = at.isoformat()
        else:
            wrong[name] = gettext("Say a day and a time, such as 2022-10-01 18:00.")
    if wrong:
        return Tried(what, given, wrong, 422)
    became: Became = say(doors, "registration", "amend_staff", key_of_form(), data)
    if became.kind == "away":
        return again()
    if became.kind == "done":
        return redirect(f"/staff/{quote(staff_id, safe='')}?said={what}", 303)
    return Tried(what, given, became.wrong, became.status, became.kind == "conflict")


def _all_staff(asking: Asking, found: Listed | None, asked: Mapping[str, str]) -> Response:
    staff, places = ids_in(found.rows if found else ())
    names = asking.names(staff, places | {asked.get("place")}, asked.get("place", ""))
    following = {**asked, "after": found.next} if found and found.next else {}
    first = {key: value for key, value in asked.items() if key != "after"}
    page = render_template(
        "officers/staff.html",
        rows=[
            (row, names.of_staff(row["staff_id"]), _stands(row, names))
            for row in (found.rows if found else ())
        ],
        found=found,
        names=names,
        asked=asked,
        roles=[Option(role, word(role)) for role in ROLES],
        places=places_to_choose(names, asked.get("place", "")),
        first=f"/staff?{urlencode(first)}" if "after" in asked else "",
        next=f"/staff?{urlencode(following)}" if following else "",
        missing=asking.missing,
    )
    return make_response(page, 200 if found else 503)


def _stands(row: Mapping[str, Any], names: Names) -> str:
    """At work, away, on duty, or who took over."""
    if not row["active"]:
        if row["replaced_by"]:
            return str(gettext("left, replaced by %(name)s", name=names.of_staff(row["replaced_by"])))
        return str(gettext("left"))
    said = []
    if row["away_from"]:
        until = moment(row["away_to"]) if row["away_to"] else gettext("further notice")
        said.append(
            gettext(
                "away from %(from)s until %(until)s", **{"from": moment(row["away_from"]), "until": until}
            )
        )
        deputy = row["deputy"]
        said.append(
            gettext("deputy: %(name)s", name=names.of_staff(deputy))
            if deputy
            else gettext("without a deputy")
        )
    if row["duty_from"]:
        until = moment(row["duty_to"]) if row["duty_to"] else gettext("further notice")
        said.append(
            gettext(
                "on duty from %(from)s until %(until)s", **{"from": moment(row["duty_from"]), "until": until}
            )
        )
    return listed(said) if said else str(gettext("at work"))


def _member(doors: Doors, staff_id: str, tried: Tried) -> Response:
    asking = Asking(doors)
    try:
        found = asking.rows("registration", "staff", {"staff_id": staff_id})
        row = found.rows[0] if found and found.rows else None
        beside = _beside(asking, row["place"]) if row else None
    except Refused as refused:
        return refusal_page(STATUS[refused.kind])
    if found and row is None:
        return refusal_page(404)
    others = [one for one in (beside.rows if beside else ()) if one["active"] and one["staff_id"] != staff_id]
    others.sort(key=lambda one: (one["role"] != row["role"], one["place"] != row["place"]) if row else ())
    staff, places = ids_in([*others, *([row] if row else [])])
    names = asking.names({*staff, staff_id}, places, row["place"]) if row else _NOBODY
    page = render_template(
        "officers/member.html",
        row=row,
        name=names.of_staff(staff_id),
        stands=_stands(row, names) if row else "",
        names=names,
        deputies=[_option(one, names) for one in others],
        successors=[_option(one, names) for one in others if row and one["role"] == row["role"]],
        roles=[Option(role, word(role)) for role in _GIVEN_HERE],
        places=places_to_choose(names, row["place"] if row else ""),
        languages=LANGUAGES,
        tried=tried,
        said=SAID.get(request.args.get("said", "")),
        key=new_id(),
        missing=asking.missing,
    )
    return make_response(page, tried.status if row else 503)


def _beside(asking: Asking, place: str) -> Listed | None:
    """Who may go for somebody of this place: who works at it or below the place above it. A grid has one
    worker, whose colleagues work in the next one. Nobody looks above their own place. Raises Refused.
    """
    names = asking.names((), [place])
    above = names.places.get(place, {}).get("parent")
    own = names.you.get("place")
    return asking.rows("registration", "staff", {"place": place if place == own or not above else above})


def _new(doors: Doors, tried: Tried) -> Response:
    asking = Asking(doors)
    place = tried.typed.get("place") or request.args.get("place", "")
    names = asking.names((), [place], place)
    page = render_template(
        "officers/new_member.html",
        roles=[Option(role, word(role)) for role in _GIVEN_HERE],
        places=places_to_choose(names, place),
        place=place,
        languages=LANGUAGES,
        tried=tried,
        key=new_id(),
        missing=asking.missing,
    )
    return make_response(page, tried.status)


def _option(row: Mapping[str, Any], names: Names) -> Option:
    text = f"{names.of_staff(row['staff_id'])} ({row['staff_id']})"
    return Option(row["staff_id"], f"{word(row['role'])} {text}", True)

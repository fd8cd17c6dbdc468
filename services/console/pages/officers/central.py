"""Central isolation: the rooms and beds of its centres, and a bed for people of one household."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, make_response, redirect, render_template
from flask_babel import ngettext
from werkzeug.wrappers import Response

from chassis.ids import new_id
from chassis.unit_of_work import Work
from contracts.faults import Refused
from field.words import MOVED_AS
from services.console.doors import Doors
from services.console.pages.catalogues import gettext
from services.console.pages.clock import in_words
from services.console.pages.entry.keys import key_of_form
from services.console.pages.entry.numbers import number_of
from services.console.pages.entry.who import only_in
from services.console.pages.officers.acts import Became, again, say, sentence, typed
from services.console.pages.officers.asking import Asking
from services.console.pages.officers.listed_central import IN_CENTRES, ON_THE_WAY, WAITING_FOR_BED
from services.console.pages.officers.lists import STATUS
from services.console.pages.refusals import refusal_page
from services.console.pages.words import word

_MOST: Final = 12
_IN_WORDS: Final = ("who", "carer", "carer_named", "dependants", "minded_by")
_OF_PERSON: Final = (*_IN_WORDS, "apart")
_OF_ONE: Final = re.compile(r"people\[(\d+)\](?:[:.] ?(\w+))?", re.ASCII)
_WIDE: Final = 120


@dataclass(frozen=True, slots=True)
class Beds:
    """Of a room or of a whole centre.

    :param drawn: (what, from, how wide), in the order taken, held, free; as wide as it has beds.
    """

    name: str
    beds: int
    taken: int
    held: int
    free: int
    families: bool
    drawn: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True, slots=True)
class Centre:
    whole: Beds
    rooms: tuple[Beds, ...]


def add_central(pages: Blueprint, doors: Doors, work: Work) -> None:
    @pages.get("/central")
    @only_in(work, "officer")
    def centres_page() -> Response:
        asking = Asking(doors)
        try:
            found = asking.look_up("isolation", "centres", {})
        except Refused as refused:
            return refusal_page(STATUS[refused.kind])
        asking.names()
        page = render_template(
            "officers/central.html",
            centres=[_centre(one) for one in found["centres"]] if found else None,
            as_of=in_words(datetime.fromisoformat(found["as_of"])) if found else "",
            lists=(WAITING_FOR_BED, ON_THE_WAY, IN_CENTRES),
            missing=asking.missing,
        )
        return make_response(page, 200 if found else 503)

    @pages.get("/cases/<case_id>/bed")
    @only_in(work, "officer")
    def bed_page(case_id: str) -> Response:
        return _page(doors, case_id, {})

    @pages.post("/cases/<case_id>/bed")
    @only_in(work, "officer")
    def hold_bed(case_id: str) -> Response:
        given = _given()
        going = [number for number in range(_MOST) if given.get(f"goes-{number}")]
        wrong = {f"who-{number}": gettext("Choose one.") for number in going if not given[f"who-{number}"]}
        if not given["bed"]:
            wrong["bed"] = gettext("This is still missing.")
        if not going:
            wrong[""] = gettext("Choose who goes.")
        if wrong:
            return _page(doors, case_id, given, Became("invalid", wrong=wrong))
        centre_id, _, room_id = given["bed"].partition("/")
        data: dict[str, Any] = {
            "people": [_person(given, number) for number in going],
            "centre_id": centre_id,
        }
        data |= {"room_id": room_id} if room_id else {}
        data |= {"note": given["note"]} if given["note"] else {}
        became = say(doors, "isolation", "decide_move", key_of_form(), data)
        if became.kind == "away":
            return again()
        if became.kind == "done":
            return redirect(f"/cases/{case_id}?said=bed", 303)
        return _page(doors, case_id, given, _beside(became, going))


def _given() -> dict[str, str]:
    of_people = (f"{name}-{n}" for n in range(_MOST) for name in ("case", "expects", "goes", *_OF_PERSON))
    return typed("bed", "note", *of_people)


def _person(given: Mapping[str, str], number: int) -> dict[str, Any]:
    person: dict[str, Any] = {
        "case_id": given[f"case-{number}"],
        "expects": number_of(given[f"expects-{number}"]),
    }
    person |= {name: value for name in _IN_WORDS if (value := given[f"{name}-{number}"])}
    return person | ({"apart": True} if given[f"apart-{number}"] else {})


def _beside(became: Became, going: Sequence[int]) -> Became:
    """Each fault beside its field; what is about nobody alone on top."""
    fields: dict[str, str] = {"centre_id": "bed", "room_id": "bed", "note": "note"}
    wrong: dict[str, str] = {}
    for fault in became.faults:
        of_one = _OF_ONE.match(fault.where)
        if of_one and int(of_one[1]) < len(going):
            number = going[int(of_one[1])]
            name = of_one[2] if of_one[2] in _OF_PERSON else "goes"
            # Whose page it is goes: there is no box beside which it could stand.
            wrong["" if (name, number) == ("goes", 0) else f"{name}-{number}"] = sentence(fault)
        else:
            wrong[fields.get(fault.where, "")] = sentence(fault)
    return Became(became.kind, became.result, wrong, became.faults)


def _page(doors: Doors, case_id: str, given: Mapping[str, str], became: Became | None = None) -> Response:
    """Of a case that is followed: nobody else is moved."""
    asking = Asking(doors)
    try:
        story = asking.thing("isolation", "case_story", case_id)
        household = asking.look_up("isolation", "household_to_move", {"case_id": case_id})
        found = asking.look_up("isolation", "centres", {})
        people = _people(asking, household["people"] if household else ())
        there = adults_there(asking, household.get("adults", ()) if household else ())
    except Refused as refused:
        return refusal_page(STATUS[refused.kind])
    if story is None or household is None or found is None:
        return again()
    asking.names()
    page = render_template(
        "officers/bed.html",
        story=story,
        people=people,
        beds=_options(found["centres"]),
        as_whom=[(one, word(one)) for one in MOVED_AS],
        dependants=list(dependants().items()),
        carers=[(one["case_id"], one["name"] or "–") for one in people] + there,
        some_there=bool(there),
        given=given,
        wrong=became.wrong if became else {},
        changed=bool(became and became.kind == "conflict"),
        key=new_id(),
        missing=asking.missing,
    )
    return make_response(page, became.status if became else 200)


def _people(asking: Asking, named: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each with a masked name: no look-up says one. A carer may be of another place, and has none here."""
    return [{**one, "name": asking.name_of(one["case_id"])} for one in named[:_MOST]]


def adults_there(asking: Asking, named: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """(case, text): who may be a carer, and is in a centre already or on the way."""
    return [
        (one["case_id"], gettext("%(name)s, room %(room)s", name=one["name"] or "–", room=one["room_id"]))
        for one in _people(asking, named)
    ]


def dependants() -> Mapping[str, str]:
    """What becomes of those who depend on an adult who goes."""
    return {
        "none": gettext("nobody depends on them"),
        "come_along": gettext("they come along: choose this adult as their carer"),
        "minded": gettext("somebody minds them where they stay"),
    }


def _options(centres: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """(value, text): a centre with free beds, and each of its rooms that has one."""
    found = []
    for centre in centres:
        free = sum(room["free"] for room in centre["rooms"])
        if not free:
            continue
        many = ngettext("%(num)s free bed", "%(num)s free beds", free)
        found.append((centre["centre_id"], gettext("%(centre)s: %(beds)s", centre=centre["name"], beds=many)))
        for room in centre["rooms"]:
            if room["free"]:
                many = ngettext("%(num)s free bed", "%(num)s free beds", room["free"])
                says = gettext(
                    "%(centre)s, room %(room)s: %(beds)s",
                    centre=centre["name"],
                    room=room["room_id"],
                    beds=many,
                )
                found.append((f"{centre['centre_id']}/{room['room_id']}", says))
    return found


def _centre(centre: Mapping[str, Any]) -> Centre:
    rooms = [room for room in centre["rooms"] if room["beds"] or room["taken"] or room["held"]]
    most = max((room["beds"] for room in rooms), default=1)
    whole = {name: sum(room[name] for room in rooms) for name in ("beds", "taken", "held", "free")}
    return Centre(
        _beds(centre["name"], {**whole, "families": False}, whole["beds"]),
        tuple(_beds(room["room_id"], room, most) for room in rooms),
    )


def _beds(name: str, of: Mapping[str, Any], most: int) -> Beds:
    drawn, begins, wide = [], 0.0, _WIDE / max(1, most)
    # The colours of a worker's day: what is done stands back, what is held is looked at.
    for what, many in (("due", of["taken"]), ("overdue", of["held"]), ("done", of["free"])):
        if many:
            drawn.append((what, round(begins, 1), round(many * wide, 1)))
            begins += many * wide
    return Beds(name, of["beds"], of["taken"], of["held"], of["free"], bool(of["families"]), tuple(drawn))

"""Rounds of tests: opened for a place and a term, followed by building, given a register, and closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

import flask_babel
from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from chassis.ids import new_id
from chassis.unit_of_work import Work
from contracts.faults import Refused
from field.ids import is_id
from services.console.doors import Doors
from services.console.pages.catalogues import N_, gettext
from services.console.pages.clock import in_words
from services.console.pages.entry.keys import key_of_act, key_of_form
from services.console.pages.entry.numbers import number_of
from services.console.pages.entry.who import only_in
from services.console.pages.officers.acts import again, say, typed
from services.console.pages.officers.asking import Asking, Names
from services.console.pages.officers.cells import moment, place_of
from services.console.pages.officers.lists import STATUS
from services.console.pages.refusals import refusal_page
from services.console.pages.shown.figures import Count, Figure, Part, as_sentence
from services.console.pages.shown.register_rows import MOST, RegisterLine, headings, read_register
from services.console.pages.shown.rows import Wrong
from services.console.pages.shown.terms import read_time
from services.console.pages.words import word

SAID: Final = {
    "opened": N_("The round is open. Who is followed there stands in it within a minute."),
    "closed": N_("The round is closed."),
}
_AT_ONCE: Final = 200
"""Lines of a register in one act."""
_DRAWN: Final = {"tested": "done", "with_reason": "due", "without": "overdue"}
"""Figure -> how it is drawn. Who is excused is not: nobody goes to them."""
_WIDE: Final = 120
_LONGEST_PASTE: Final = 60_000


@dataclass(frozen=True, slots=True)
class Building:
    """:param drawn: (style, from, width) of the parts of its bar."""

    name: str
    figures: Mapping[str, int]
    drawn: Sequence[tuple[str, float, float]]


@dataclass(frozen=True, slots=True)
class Tried:
    """What was sent on the page of a round and not done, or only in part.

    :param faulty: lines of a register, each with what is wrong and what to do.
    """

    typed: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    faulty: Sequence[tuple[int, str]] = ()
    added: int | None = None
    known: int = 0
    status: int = 200


def add_rounds(pages: Blueprint, doors: Doors, work: Work) -> None:
    @pages.get("/rounds")
    @only_in(work, "officer")
    def rounds_page() -> Response:
        return _all(doors)

    @pages.post("/rounds")
    @only_in(work, "officer")
    def open_round() -> Response:
        given, now = typed("place", "begins_at", "ends_at"), datetime.now(work.zone)
        wrong = {} if given["place"] else {"place": gettext("Choose one.")}
        times = {name: read_time(given[name], now) for name in ("begins_at", "ends_at")}
        for name, at in times.items():
            if at is None:
                wrong[name] = gettext("Say a day and a time, such as 2022-10-01 18:00.")
        if wrong:
            return _all(doors, given, wrong, 422)
        data = {"place": given["place"], **{name: at.isoformat() for name, at in times.items() if at}}
        became = say(doors, "isolation", "open_round", key_of_form(), data)
        if became.kind == "away":
            return again()
        if became.kind != "done":
            return _all(doors, given, became.wrong, became.status)
        return redirect(f"/rounds/{became.result['round_id']}?said=opened", 303)

    @pages.get("/rounds/<id>")
    @only_in(work, "officer")
    def round_page(id: str) -> Response:
        return _one(doors, id, Tried())

    @pages.post("/rounds/<id>/close")
    @only_in(work, "officer")
    def close_round(id: str) -> Response:
        given = typed("because", "expects")
        data = {"round_id": id, "expects": number_of(given["expects"])}
        data |= {"because": given["because"]} if given["because"] else {}
        became = say(doors, "isolation", "close_round", key_of_form(), data)
        if became.kind == "away":
            return again()
        if became.kind != "done":
            return _one(doors, id, Tried(given, became.wrong, status=became.status))
        return redirect(f"/rounds/{quote(id)}?said=closed", 303)

    @pages.post("/rounds/<id>/register")
    @only_in(work, "officer")
    def give_register(id: str) -> Response:
        """What is right goes in; a faulty line is named, and only it goes in again."""
        text = request.form.get("register", "")[:_LONGEST_PASTE]
        place = typed("register_place")["register_place"]
        lines = read_register(text)
        if not 0 < len(lines) <= MOST:
            says = gettext("Paste 1 to %(most)s lines.", most=MOST)
            given = {"register": text, "register_place": place}
            return _one(doors, id, Tried(given, {"register": says}, status=422))
        return _give(doors, id, place, text, lines)


def _give(doors: Doors, id: str, place: str, text: str, lines: Sequence[RegisterLine]) -> Response:
    faulty = {line.number: _says(line.wrong) for line in lines if line.data is None}
    by_number = {line.number: line for line in lines}
    sound = [line for line in lines if line.data is not None]
    added = known = 0
    while sound:
        piece, sound = sound[:_AT_ONCE], sound[_AT_ONCE:]
        data: dict[str, Any] = {"round_id": id, "people": [line.data for line in piece]}
        data |= {"place": place} if place else {}
        became = say(doors, "isolation", "give_register", key_of_act(data, "register"), data)
        if became.kind == "away":
            return again()
        if became.kind == "done":
            added, known = added + became.result["added"], known + became.result["known"]
            continue
        of_lines = _of_lines(piece, became.wrong)
        if not of_lines:
            given = {"register": text, "register_place": place}
            return _one(
                doors, id, Tried(given, {"register": "; ".join(became.wrong.values())}, status=became.status)
            )
        faulty |= of_lines
        sound = [line for line in piece if line.number not in of_lines] + sound
    faulty_lines = [by_number[number].text for number in sorted(faulty)]
    left = "\n".join([headings(text), *faulty_lines] if headings(text) else faulty_lines)
    tried = Tried(
        {"register": left if faulty else "", "register_place": place},
        {"register": gettext("Mend these lines: only they go in again.")} if faulty else {},
        sorted(faulty.items()),
        added,
        known,
        422 if faulty else 200,
    )
    return _one(doors, id, tried)


def _of_lines(piece: Sequence[RegisterLine], wrong: Mapping[str, str]) -> dict[int, str]:
    """What the door says is wrong, by the line that is meant: `people[3].birth_date`, or `people.3.name`."""
    found = {}
    for where in wrong:
        path = where.replace("[", ".").replace("]", "").split(".")
        if path[0] == "people" and len(path) > 1 and path[1].isdecimal() and int(path[1]) < len(piece):
            column = path[2] if len(path) > 2 else "name"
            found[piece[int(path[1])].number] = _says({column: _AT_DOOR.get(column, "long")})
    return found


_AT_DOOR: Final = {"identity_number": "identity", "birth_date": "no_day", "building": "no_door"}


def _says(wrong: Mapping[str, str]) -> str:
    """What is wrong, and what to do."""
    known = {
        "missing": gettext("no name: write it in the column name"),
        "no_door": gettext("no door: write the building, or the room"),
        "no_flag": gettext("cannot walk: write yes, or leave it empty"),
        "no_day": gettext("day of birth: write it as 2022-10-01, or leave it empty"),
        "long": gettext("too long, or no such thing as the column is for: shorten it"),
        "identity": gettext("number of the document: one character is wrong; look at the card"),
    }
    return "; ".join(str(known[code]) for code in dict.fromkeys(wrong.values()))


def _all(
    doors: Doors,
    given: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    asking = Asking(doors)
    try:
        listed = asking.rows("isolation", "test_rounds")
    except Refused as refused:
        return refusal_page(STATUS[refused.kind])
    rows = listed.rows if listed else ()
    names = asking.names(
        (), {row[level] for row in rows for level in ("street", "community", "grid")}, below=""
    )
    shown = [
        {
            "id": row["round_id"],
            "place": place_of(row, names),
            "begins_at": moment(row["begins_at"]),
            "ends_at": moment(row["ends_at"]),
            "state": row["state"],
        }
        for row in rows
    ]
    page = render_template(
        "officers/rounds.html",
        rounds=shown,
        places=_places(names),
        given=given or {},
        wrong=[Wrong(name or "place", says) for name, says in (wrong or {}).items()],
        fault=wrong or {},
        key=new_id(),
        missing=asking.missing,
    )
    return make_response(page, status)


def _places(names: Names) -> list[tuple[str, str]]:
    """One's own place and those right below it."""
    own = [(names.you["place"], names.here)] if names.you else []
    return own + [one for one in names.below.items() if one not in own]


def _one(doors: Doors, id: str, tried: Tried) -> Response:
    if not is_id(id):
        return refusal_page(404)
    asking = Asking(doors)
    try:
        round = asking.thing("isolation", "test_round", id)
        figures = asking.look_up("isolation", "round_figures", {"round_id": id})
    except Refused as refused:
        return refusal_page(STATUS[refused.kind])
    if round is None or figures is None:
        asking.names()
        page = render_template("officers/round.html", round=None, missing=asking.missing)
        return make_response(page, 503)
    places = [round[level] for level in ("street", "community", "grid") if round[level]]
    names = asking.names((), places, below=places[-1])
    where, as_of = place_of(round, names), in_words(datetime.fromisoformat(figures["as_of"]))
    page = render_template(
        "officers/round.html",
        round=round,
        where=where,
        begins_at=moment(round["begins_at"]),
        ends_at=moment(round["ends_at"]),
        closed_at=moment(round["closed_at"]) if round["closed_at"] else "",
        as_of=as_of,
        all=figures["all"],
        drawn=_bars(figures, id),
        buildings=[_building(one) for one in figures["buildings"]],
        more=figures["more"],
        reasons=[
            (state, [(word(why), number) for why, number in figures["why"][state].items()])
            for state in ("missing", "excused")
        ],
        sentence=_sentence(figures, where, as_of),
        places=[] if round["grid"] else list(names.below.items()),
        tried=tried,
        # Where only some lines are wrong the others went in.
        wrong=[] if tried.faulty else [Wrong(name or "because", says) for name, says in tried.wrong.items()],
        key=new_id(),
        said=SAID.get(request.args.get("said", "")),
        missing=asking.missing,
    )
    return make_response(page, tried.status)


def _bars(figures: Mapping[str, Any], id: str) -> list[tuple[Any, ...]]:
    whole = figures["all"]
    missing = f"/lists/round_missing?{urlencode({'round_id': id})}"
    return [
        (gettext("should be tested"), whole["should"]),
        (gettext("tested"), whole["tested"]),
        (gettext("missing"), whole["missing"], missing),
        (gettext("of these with a reason"), whole["with_reason"]),
        (gettext("excused, with a reason"), whole["excused"]),
    ]


def _building(row: Mapping[str, Any]) -> Building:
    parts = {**row, "without": row["missing"] - row["with_reason"]}
    drawn, at = [], 0.0
    for name, style in _DRAWN.items():
        width = round(_WIDE * parts[name] / max(row["should"], 1), 1)
        if width:
            drawn.append((style, round(at, 1), width))
        at += width
    return Building(row["building"], row, drawn)


def _sentence(figures: Mapping[str, Any], where: str, as_of: str) -> str:
    whole = figures["all"]
    because = [(word(why), number) for why, number in figures["why"]["missing"].items()]
    parts = (
        Part(gettext("tested"), Count(whole["tested"])),
        Part(gettext("missing"), Count(whole["missing"]), because),
        Part(gettext("excused, with a reason"), Count(whole["excused"])),
    )
    figure = Figure(as_of, where, Part(gettext("should be tested"), Count(whole["should"])), parts)
    return as_sentence(figure, flask_babel)

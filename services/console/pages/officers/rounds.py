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
from services.console.pages.entry.keys import key_of_form, key_that_stays
from services.console.pages.entry.numbers import number_of
from services.console.pages.entry.who import only_in
from services.console.pages.officers.acts import again, say, typed
from services.console.pages.officers.asking import Asking, Names
from services.console.pages.officers.cells import moment, place_of
from services.console.pages.officers.lists import STATUS
from services.console.pages.officers.round_register import Register, as_text, put_in, says, sent_register
from services.console.pages.refusals import refusal_page
from services.console.pages.shown.figures import Count, Figure, Part, as_sentence
from services.console.pages.shown.register_rows import MOST
from services.console.pages.shown.rows import Wrong
from services.console.pages.shown.terms import read_time
from services.console.pages.words import word

SAID: Final = {
    "opened": N_("The round is open. Who is followed there stands in it within a minute."),
    "closed": N_("The round is closed."),
}
_DRAWN: Final = {"tested": "done", "with_reason": "due", "without": "overdue"}
"""Figure -> how it is drawn. Who is excused is not: nobody goes to them."""
_WIDE: Final = 120


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
    :param stopped: the rest of a register was refused as a whole.
    """

    typed: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    faulty: Sequence[tuple[int, str]] = ()
    added: int | None = None
    known: int = 0
    status: int = 200
    stopped: bool = False


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
        """Some of it, and then the next step."""
        if not is_id(id):
            return refusal_page(404)
        register = sent_register(request.form, request.files)
        if isinstance(register, str):
            given = {name: request.form.get(name, "") for name in ("register", "register_place")}
            return _one(doors, id, Tried(given, {"register": register}, status=422))
        return _after(doors, id, put_in(doors, id, register))


def _after(doors: Doors, id: str, register: Register) -> Response:
    """The page of the next step, or of the round once all is sent."""
    if register.goes_on:
        return _progress(doors, id, register)
    became = register.became
    wrong = {"register": "; ".join(became.wrong.values())} if became else {}
    if register.faulty and not became:
        wrong = {"register": gettext("Mend these lines: only they go in again.")}
    tried = Tried(
        {"register": register.to_mend, "register_place": register.place},
        wrong,
        [(one.number, says(one.codes)) for one in register.faulty],
        register.added,
        register.known,
        became.status if became else 422 if register.faulty else 200,
        stopped=became is not None,
    )
    return _one(doors, id, tried)


def _progress(doors: Doors, id: str, register: Register) -> Response:
    """How far a register is; its form holds what is left. It goes on by itself, or by its button."""
    away = register.became is not None
    asking = Asking(doors)
    asking.names()
    page = render_template(
        "officers/round_progress.html",
        id=id,
        register=register,
        faulty=as_text(register.faulty),
        away=away,
        key=key_that_stays(),
        missing=asking.missing,
    )
    answer = make_response(page, 503 if away else 200)
    if away:
        answer.headers["Retry-After"] = "30"
    return answer


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
        most=format(MOST, ","),
        # Where only some lines are wrong the others went in.
        wrong=[]
        if tried.faulty and not tried.stopped
        else [Wrong(name or "because", says) for name, says in tried.wrong.items()],
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

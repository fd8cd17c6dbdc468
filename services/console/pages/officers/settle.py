"""A row of a list that waits for somebody, as a page: what is known, what to do meanwhile, what can be said.

One way for all such lists: `settled.py` says of each which acts it has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from chassis.ids import new_id
from chassis.unit_of_work import Work
from contracts.faults import Refused
from services.console.doors import DoorAway, Doors
from services.console.pages.catalogues import N_, gettext
from services.console.pages.entry.keys import key_of_form
from services.console.pages.entry.numbers import number_of
from services.console.pages.entry.who import acting, only_in
from services.console.pages.officers.acts import Became, again, say, sentence
from services.console.pages.officers.asking import Asking, Names
from services.console.pages.officers.cells import Cell, author_of, cells_of, ids_in, listed, moment, staff_of
from services.console.pages.officers.listed import LISTS
from services.console.pages.officers.listing import OfficersList
from services.console.pages.officers.lists import STATUS, places_to_name
from services.console.pages.officers.report_form import (
    BEGINS,
    data_of_form,
    fault_in_words,
    fault_sentence,
    path_in_words,
    sections_of_report,
)
from services.console.pages.officers.settled import SETTLED
from services.console.pages.officers.settling import Act, Settling
from services.console.pages.refusals import refusal_page
from services.console.pages.shown.rows import Wrong
from services.console.pages.shown.terms import read_time
from services.console.pages.words import word

SAID: Final = {
    "kept": N_("It is recorded. This stays on the list: see below what is still to be settled."),
    "merged": N_(
        "They are one now. Was it a mistake? Then make them two again below, or later from the list of pairs "
        "made one: nothing is lost."
    ),
}
_SIDES: Final = ("first_", "second_")
_LONGEST: Final = 2000


@dataclass(frozen=True, slots=True)
class Tried:
    """A form that was sent and not done, as the page shows it again.

    :param act: the name of the act, or `reveal`.
    :param wrong: field of the form -> what is wrong; "" is the whole.
    """

    act: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True)
class Compared:
    """What is known of both of a pair.

    :param differs: both are known, and are not the same.
    """

    head: str
    first: Cell
    second: Cell
    differs: bool


def add_settling(pages: Blueprint, doors: Doors, work: Work) -> None:
    @pages.get("/lists/<name>/<id>")
    @only_in(work, "officer")
    def row_page(name: str, id: str) -> Response:
        return _page(doors, name, id, Tried())

    @pages.post("/lists/<name>/<id>/reveal")
    @only_in(work, "officer")
    def reveal_row(name: str, id: str) -> Response:
        if name not in SETTLED:
            return refusal_page(404)
        reason = request.form.get("reason", "")[:_LONGEST].strip()
        thing = SETTLED[name].thing
        try:
            full = doors.reveal(LISTS[name].service, thing, id, acting(reason))
        except DoorAway:
            return again()
        except Refused as refused:
            wrong = {"reason": gettext("Say why, in 3 to 500 characters. Your reason is kept.")}
            return _page(doors, name, id, Tried("reveal", {"reason": reason}, wrong, STATUS[refused.kind]))
        return _page(doors, name, id, Tried("reveal"), full)

    @pages.post("/lists/<name>/<id>")
    @only_in(work, "officer")
    def settle(name: str, id: str) -> Response:
        of = SETTLED.get(name)
        act = next((one for one in of.acts if one.name == request.form.get("act")), None) if of else None
        if of is None or act is None:
            return refusal_page(404 if of is None else 422)
        now = datetime.now(work.zone)  # for its zone alone: the door knows the time of the field
        typed, data, wrong = _read(act, now)
        if wrong:
            return _page(doors, name, id, Tried(act.name, typed, wrong, 422))
        became = say(
            doors, LISTS[name].service, act.command, key_of_form(), {**of.named(id), **act.fixed, **data}
        )
        if became.kind == "away":
            return again()
        if became.kind != "done":
            return _page(doors, name, id, Tried(act.name, typed, _beside(act, became), became.status))
        return _done(doors, name, of, of.id_of({**of.named(id), **became.result}))


def _read(act: Act, now: datetime) -> tuple[dict[str, str], dict[str, Any], dict[str, str]]:
    """(what was typed, the data of the command, what is wrong with it)."""
    if act.fields is None:
        given = [(key, value[:_LONGEST]) for key, value in request.form.items() if key.startswith(BEGINS)]
        return dict(given), {"data": data_of_form(given, now)}, {}
    typed: dict[str, str] = {}
    data: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for one in act.fields:
        field_name = act.field_name(one)
        text = typed[field_name] = request.form.get(field_name, "")[:_LONGEST].strip()
        at = read_time(text, now) if one.kind == "time" else None
        if not text:
            if one.needed:
                wrong[field_name] = gettext("This is still missing.")
        elif one.kind == "time" and at is None:
            wrong[field_name] = gettext("Say a day and a time, such as 2022-10-01 18:00.")
        elif one.words and text not in one.words:
            wrong[field_name] = gettext("Choose one.")
        else:
            part, _, name = one.of.rpartition(".")
            (data.setdefault(part, {}) if part else data)[name] = at.isoformat() if at else text
    if act.expects:
        data["expects"] = number_of(request.form.get("expects", ""))
    return typed, data, wrong


def _beside(act: Act, became: Became) -> dict[str, str]:
    """What the door says is wrong, by the field of the form beside which it stands."""
    wrong: dict[str, str] = {}
    if act.fields is None:
        for fault in became.faults:
            path = fault.where.removeprefix(BEGINS).strip()
            wrong[path] = fault_sentence(fault.code, fault.message) if path else sentence(fault)
        return wrong
    fields = {one.of: act.field_name(one) for one in act.fields}
    for fault in became.faults:
        inside = next((name for of, name in fields.items() if of.startswith(f"{fault.where}.")), "")
        wrong[fields.get(fault.where, inside)] = sentence(fault)
    return wrong


def _done(doors: Doors, name: str, of: Settling, id: str) -> Response:
    """Back to the list where the row has left it, else to the row with what is left."""
    asking = Asking(doors)
    try:
        thing = asking.thing(LISTS[name].service, of.thing, id)
    except Refused:
        thing = None  # it has gone where whoever asks does not reach it
    row = f"/lists/{name}/{quote(id, safe='')}"
    if asking.away:
        return redirect(row, 303)  # done, and nobody can say now whether it still waits
    if thing is not None and of.still_waits(thing):
        return redirect(f"{row}?said=kept", 303)
    if thing is not None and (said := of.after.get(thing.get("state", ""))):
        return redirect(f"{row}?said={said}", 303)
    return redirect(f"/lists/{name}?said=settled", 303)


def _page(doors: Doors, name: str, id: str, tried: Tried, full: Mapping[str, Any] | None = None) -> Response:
    if name not in SETTLED:
        return refusal_page(404)
    of, settling, asking = LISTS[name], SETTLED[name], Asking(doors)
    try:
        thing = asking.thing(of.service, settling.thing, id)
    except Refused as refused:
        return refusal_page(STATUS[refused.kind])
    if thing is None:
        asking.names()
        page = render_template("officers/settle.html", of=of, thing=None, missing=asking.missing)
        return make_response(page, 503)
    history = thing.get("history", ())
    sides = [_side(thing, full, prefix) for prefix in _SIDES] if settling.compared else []
    staff, places = ids_in([thing, *sides])
    places |= {line["with"].get(name) for line in history for name in ("place", "towards")}
    names = asking.names(staff | {staff_of(line["by"]) for line in history}, places)
    waits = settling.still_waits(thing)
    can = [act for act in settling.acts if (thing.get("state") == act.when if act.when else waits)]
    elsewhere = waits and any(side.get("state") is None for side in sides)
    acts = [act for act in can if names.may(of.service, act.command) and not (act.both and elsewhere)]
    to_name = any(one.kind == "place" for act in acts for one in act.fields or ())
    page = render_template(
        "officers/settle.html",
        of=of,
        settling=settling,
        thing=thing,
        id=id,
        waits=waits,
        elsewhere=elsewhere,
        compared=_compared(settling, sides, names),
        facts=list(zip(settling.facts, cells_of(full or thing, settling.facts, names), strict=True)),
        reasons=[fault_in_words(one) for one in thing.get("reasons") or ()],
        history=[_line(line, names) for line in history],
        full=full,
        acts=acts,
        places=places_to_name(asking, names, thing.get("street")) if to_name else (),
        sections=_sections(thing, full, tried),
        tried=tried,
        wrong=_faults(of, tried),
        said=SAID.get(request.args.get("said", "")),
        words=lambda names: [(one, word(one)) for one in names],
        key=new_id,
        missing=asking.missing,
    )
    return make_response(page, tried.status)


def _side(thing: Mapping[str, Any], full: Mapping[str, Any] | None, prefix: str) -> dict[str, Any]:
    """One of a pair, under the names without their prefix."""
    known = {**thing, **(full or {})}
    return {name.removeprefix(prefix): value for name, value in known.items() if name.startswith(prefix)}


def _compared(settling: Settling, sides: Sequence[Mapping[str, Any]], names: Names) -> list[Compared]:
    if not sides:
        return []
    one, other = (cells_of(side, settling.compared, names) for side in sides)
    return [
        Compared(
            column.head,
            first,
            second,
            first.text != second.text and all(side.get(column.of) for side in sides),
        )
        for column, first, second in zip(settling.compared, one, other, strict=True)
    ]


def _sections(thing: Mapping[str, Any], full: Mapping[str, Any] | None, tried: Tried) -> Any:
    """The fields of a report: as it came, once it was shown in full, or as it was typed and refused."""
    faults = {one["field"]: fault_sentence(one["code"], one["message"]) for one in thing.get("reasons") or ()}
    if full is not None and "data" in full:
        return sections_of_report(full["data"], faults)
    typed = {name: value for name, value in tried.typed.items() if name.startswith(BEGINS)}
    if not typed:
        return None
    data = data_of_form(typed.items())
    empty = {name.removeprefix(BEGINS): "" for name in typed}
    return sections_of_report(data, {**empty, **tried.wrong})


def _faults(of: OfficersList, tried: Tried) -> Sequence[Wrong]:
    """All of them, on top of the page, each with the way to its field."""
    if tried.act == "reveal":
        return [Wrong(name, says) for name, says in tried.wrong.items()]
    if not any(name.startswith(BEGINS) for name in tried.typed):
        return [Wrong(name, says) for name, says in tried.wrong.items()]
    return [
        Wrong(BEGINS + path, f"{path_in_words(path)}: {says}" if path else says)
        for path, says in tried.wrong.items()
    ]


def _line(line: Mapping[str, Any], names: Names) -> tuple[str, str, str, str]:
    """(when, what, the rest of it, who) of a line of history."""
    said = []
    more = line["with"]
    if "how" in more:
        said.append(word(more["how"]))
    said += [word(more[name]) for name in ("as", "was") if name in more]
    if "moment" in more:
        said.append(moment(more["moment"]))
    if "try_again_at" in more:
        said.append(gettext("tried again at %(time)s", time=moment(more["try_again_at"])))
    said += [path_in_words(one) for one in more.get("mended", ())]
    said += [names.of_place(more[name]) for name in ("place", "towards") if name in more]
    return moment(line["at"]), word(line["what"]), listed(said), author_of(line["by"], names).text

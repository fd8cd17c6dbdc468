"""A list as a page: its filters stand in the address, its figures above it, a page of rows below.

The rows of a long list are not held up by its figure: the page asks for that by itself, and has a link for
those whose browser runs no script.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, urlencode

import flask_babel
from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from chassis.doors.pages import COUNTED, NOTHING
from chassis.unit_of_work import Work
from contracts.faults import Refused
from services.console.doors import Doors, Listed
from services.console.pages.catalogues import gettext
from services.console.pages.clock import in_words
from services.console.pages.entry.who import only_in
from services.console.pages.officers.acts import again
from services.console.pages.officers.asking import Asking, Names
from services.console.pages.officers.cells import Cell, cells_of, ids_in, listed
from services.console.pages.officers.from_phones import acts_waiting
from services.console.pages.officers.listed import CASES_AND_TASKS, DECIDED, LISTS, WAITING
from services.console.pages.officers.listing import Choice, OfficersList
from services.console.pages.officers.results import ACT as ENTERS
from services.console.pages.officers.settled import SETTLED
from services.console.pages.refusals import refusal_page
from services.console.pages.shown.figures import Count, Figure, Part, as_sentence, count_in_words
from services.console.pages.words import need_word, permit_word, task_word, word

_MOST_PARENTS = 30
"""Of so many places those below are asked for, to be chosen from."""
STATUS = {"unknown": 404, "not_allowed": 403, "invalid": 422, "conflict": 409}


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    text: str
    data: bool = False

    @property
    def pair(self) -> tuple[str, str]:
        return self.value, self.text


@dataclass(frozen=True, slots=True)
class FilterField:
    """A filter above the list: of a closed list of words, or typed (`options` then only propose).

    :param chosen: what the address asks for; "" is everything.
    """

    name: str
    label: str
    options: tuple[Option, ...]
    chosen: str
    typed: bool = False


@dataclass(frozen=True, slots=True)
class ShownList:
    """All that a list's page shows of it.

    :param too_many: above how many rows it was not counted.
    :param counted_at: the address that counts them; "" where they are counted, or too many for that, too.
    :param read_at: when the door read it, in the field's zone; `as_of` is the same in words.
    :param asked: the query of its address.
    """

    of: OfficersList
    filters: tuple[FilterField, ...]
    rows: tuple[tuple[Mapping[str, Any], tuple[Cell, ...]], ...]
    read_at: datetime
    as_of: str
    counted: str
    sentence: str
    too_many: int | None
    counted_at: str
    first: str
    next: str
    asked: str
    sorts: tuple[Option, ...]
    sort: str


def add_lists(pages: Blueprint, doors: Doors, work: Work) -> None:
    @pages.get("/lists")
    @only_in(work, "officer")
    def all_lists() -> Response:
        asking = Asking(doors)
        names = asking.names()
        groups = [
            [(one, _how_many(asking, one)) for one in group if names.may(one.service, one.name)]
            for group in (CASES_AND_TASKS, WAITING, DECIDED)
        ]
        page = render_template(
            "officers/lists.html",
            groups=groups,
            from_phones=acts_waiting(work, asking),
            may_enter=names.may("isolation", ENTERS),
            may_see_beds=names.may("isolation", "centres"),
            may_shop=names.may("isolation", "shopping_list"),
            may_round=names.may("isolation", "test_rounds"),
            missing=asking.missing,
        )
        return make_response(page)

    @pages.get("/lists/<name>")
    @only_in(work, "officer")
    def one_list(name: str) -> Response:
        of = LISTS.get(name)
        if of is None:
            return refusal_page(404)
        return list_page(doors, of, own=("said",))

    @pages.get("/lists/<name>/count")
    @only_in(work, "officer")
    def count(name: str) -> Response:
        """The figure alone, for a page that shows its rows already."""
        of = LISTS.get(name)
        if of is None:
            return refusal_page(404)
        try:
            shown = show_list(Asking(doors), of, request.args, count="all")
        except Refused as refused:
            return refusal_page(STATUS[refused.kind])
        page = render_template("officers/count.html", shown=shown)
        return make_response(page, 200 if shown else 503)


def list_page(
    doors: Doors,
    of: OfficersList,
    template: str = "officers/list.html",
    more: Callable[[ShownList], Mapping[str, Any]] = lambda shown: {},
    own: Sequence[str] = (),
) -> Response:
    """
    :param more: what the template shows besides the list.
    :param own: what the address may say that is no filter of the list.
    """
    asked = {key: value for key, value in request.args.items() if value}
    if len(asked) < len(request.args):  # a form without script sends its empty fields, too
        return redirect(address(of, asked), 303)
    asking = Asking(doors)
    try:
        of_list = {key: value for key, value in asked.items() if key not in ("count", *own)}
        shown = show_list(asking, of, of_list, count="all" if asked.get("count") == "all" else "few")
    except Refused as refused:
        if any((fault.where, fault.code) == ("place", "too_many") for fault in refused.faults):
            return _place_page(asking, of, asked)
        return refusal_page(STATUS[refused.kind])
    page = render_template(
        template,
        of=of,
        shown=shown,
        settled=request.args.get("said") == "settled",
        missing=asking.missing,
        **(more(shown) if shown else {}),
    )
    return make_response(page, 200 if shown else 503)


def refused_export(
    doors: Doors, of: OfficersList, asked: Mapping[str, str], reason: str, wrong: str
) -> Response:
    """The list again, with what was typed to have it as a file."""
    asking = Asking(doors)
    shown = show_list(asking, of, asked)
    page = render_template(
        "officers/list.html",
        of=of,
        shown=shown,
        missing=asking.missing,
        export={"reason": reason, "wrong": wrong},
    )
    return make_response(page, 422 if shown else 503)


def _place_page(asking: Asking, of: OfficersList, asked: Mapping[str, str]) -> Response:
    """The filters alone: so much would have to be looked through that a place must be chosen."""
    names = asking.names((), (asked.get("place"),), _to_choose(of, asked))
    filters = [_filter(choice, asked, names, set()) for choice in of.filters]
    shown = {"of": of, "filters": filters, "sorts": ()}
    page = render_template(
        "officers/choose_place.html", of=of, shown=shown, number=COUNTED, missing=asking.missing
    )
    return make_response(page, STATUS["invalid"])


def list_of_form(doors: Doors, of: OfficersList) -> tuple[Asking, ShownList | Response]:
    """The page of the list on which rows were chosen, read again; or what stands instead of it."""
    asking = Asking(doors)
    asked = dict(parse_qsl(request.form.get("list", "")[:2000]))
    try:
        shown = show_list(asking, of, asked)
    except Refused as refused:
        return asking, refusal_page(STATUS[refused.kind])
    return asking, shown or again()


def with_all_chosen(shown: ShownList) -> str:
    """The address at which every box of the page is ticked."""
    return address(shown.of, {**dict(parse_qsl(shown.asked)), "choose": "all"})


def address(of: OfficersList, asked: Mapping[str, str]) -> str:
    return f"/lists/{of.name}" + (f"?{urlencode(asked)}" if asked else "")


def show_list(
    asking: Asking, of: OfficersList, asked: Mapping[str, str], count: Literal["few", "all"] = "few"
) -> ShownList | None:
    """A page of it; None where its door is away. Raises Refused."""
    found = asking.rows(of.service, of.name, {**asked, "count": count})
    if found is None:
        asking.names()
        return None
    staff, places = ids_in(found.rows)
    names = asking.names(
        staff | {asked.get(choice.of) for choice in of.filters if choice.kind == "staff"},
        places | {asked.get("place")},
        _to_choose(of, asked),
    )
    as_of = datetime.fromisoformat(found.as_of)
    filters = tuple(_filter(choice, asked, names, staff) for choice in of.filters)
    counted, sentence, too_many = _figures(of, found, as_of, names, asked, filters)
    made: dict[tuple[str, str], Cell] = {}
    without_after = {key: value for key, value in asked.items() if key != "after"}
    return ShownList(
        of,
        filters,
        tuple((row, _with_way(of, row, cells_of(row, of.columns, names, as_of, made))) for row in found.rows),
        as_of,
        in_words(as_of),
        counted,
        sentence,
        too_many,
        f"/lists/{of.name}/count?{urlencode(asked)}" if too_many and count == "few" else "",
        address(of, without_after) if "after" in asked else "",
        address(of, {**without_after, "after": found.next}) if found.next else "",
        urlencode(asked),
        tuple(Option(key, gettext(text)) for key, text in (of.sorts or {}).items()),
        asked.get("sort", next(iter(of.sorts or ("",)))),
    )


def _with_way(of: OfficersList, row: Mapping[str, Any], cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """The first cell leads to the page where the row is settled."""
    settling = SETTLED.get(of.name)
    if settling is None:
        return cells
    to = f"/lists/{of.name}/{quote(settling.id_of(row), safe='')}"
    return (cells[0]._replace(href=to), *cells[1:])


def _how_many(asking: Asking, of: OfficersList) -> str:
    """Its figure, for the list of lists; nothing where it cannot be had."""
    try:
        found = asking.rows(of.service, of.name, {"count": "few"})
    except Refused:
        return ""
    if found is None or found.figures is None:
        return ""
    if found.figures["more_than"]:
        return str(gettext("more than %(number)s", number=found.figures["more_than"]))
    return count_in_words(_count(of, found.figures), flask_babel)


def _count(of: OfficersList, figures: Mapping[str, Any]) -> Count:
    return Count(figures["rows"], figures["households"], of.unit)


def _figures(
    of: OfficersList,
    found: Listed,
    as_of: datetime,
    names: Names,
    asked: Mapping[str, str],
    filters: tuple[FilterField, ...],
) -> tuple[str, str, int | None]:
    """(the figure in words, its sentence, above how many it was not counted); only the first page has one."""
    if found.figures is None:
        return "", "", None
    if found.figures["more_than"]:
        return "", "", int(found.figures["more_than"])
    count = _count(of, found.figures)
    narrowed = listed(_chosen(field) for field in filters if field.chosen and field.name != "place")
    what = gettext(of.title)
    if narrowed:
        what = gettext("%(what)s (%(filters)s)", what=what, filters=narrowed)
    where = names.of_place(asked["place"]) if "place" in asked else names.here
    figure = Figure(in_words(as_of), where or gettext("my places"), Part(what, count), (), of.definition)
    return count_in_words(count, flask_babel), as_sentence(figure, flask_babel), None


def _chosen(field: FilterField) -> str:
    return next((one.text for one in field.options if one.value == field.chosen), field.chosen)


def _to_choose(of: OfficersList, asked: Mapping[str, str]) -> str | None:
    """Below which place others are to be chosen from; None where the list has no such filter."""
    return asked.get("place", "") if any(choice.kind == "place" for choice in of.filters) else None


def _filter(choice: Choice, asked: Mapping[str, str], names: Names, staff: set[str | None]) -> FilterField:
    chosen = asked.get(choice.of, "")
    label = gettext(choice.head)
    if choice.kind == "place":
        return FilterField(choice.of, label, places_to_choose(names, chosen), chosen)
    if choice.kind == "staff":
        known = sorted(filter(None, staff | {chosen} - {NOTHING}))
        nobody = Option(NOTHING, gettext("nobody"))
        named = (Option(id, names.of_staff(id), True) for id in known if id != NOTHING)
        return FilterField(choice.of, label, (nobody, *named), chosen, True)
    if choice.kind == "day":
        days = choice.words if chosen in ("", *choice.words) else (*choice.words, chosen)
        options = (Option(one, gettext("day %(day)s", day=one)) for one in days)
        return FilterField(choice.of, label, tuple(options), chosen)
    say = {"task": task_word, "need": need_word, "permit": permit_word}.get(choice.kind, word)
    return FilterField(choice.of, label, tuple(Option(one, say(one)) for one in choice.words), chosen)


def places_to_choose(names: Names, chosen: str) -> tuple[Option, ...]:
    """The places below the one that is chosen, or below one's own; a grid has none, so those beside it."""
    if not names.you:
        return (Option(chosen, chosen, True),) if chosen else ()
    named = {chosen: names.of_place(chosen)} if chosen else {}
    options = {names.you["place"]: names.here, **named, **names.below}
    return tuple(Option(id, name, True) for id, name in options.items())


def places_to_name(asking: Asking, names: Names, street: str | None) -> tuple[tuple[str, str], ...]:
    """(id, name) of the places to one of which somebody is put: two levels below one's own, each below the
    other. Of a district the streets, and what lies in the street that is known.
    """
    if not names.you:
        return ()
    own = _below(asking, names.you["place"])
    parents = [street] if street in own else list(own)[:_MOST_PARENTS]
    below = {id: _below(asking, id) for id in parents}
    found: list[tuple[str, str]] = []
    for id, name in own.items():
        found.append((id, name))
        for inside, of_it in below.get(id, {}).items():
            found.append((inside, f"{name} {of_it}"))
            if street in own:
                found += [(one, f"{name} {of_it} {last}") for one, last in _below(asking, inside).items()]
    return tuple(found)


def _below(asking: Asking, place_id: str) -> dict[str, str]:
    """Up to 200, by id."""
    found: dict[str, str] = {}
    asked = {"parent": place_id, "count": "few"}
    for _ in range(4):
        page = asking.rows("registration", "places", asked)
        found |= {row["place_id"]: row["name"] for row in (page.rows if page else ())}
        if page is None or not page.next:
            break
        asked["after"] = page.next
    return found

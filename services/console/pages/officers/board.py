"""The first page of officers: how the day stands with workers and places, and who has not reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

import flask_babel
from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from chassis.doors.pages import COUNTED, NOTHING
from chassis.unit_of_work import Work
from contracts.faults import Refused
from field.words import MEASURES
from services.console.doors import Doors
from services.console.pages.catalogues import gettext
from services.console.pages.clock import in_words
from services.console.pages.entry.who import only_in
from services.console.pages.officers.asking import Asking, Names
from services.console.pages.officers.from_phones import acts_waiting
from services.console.pages.officers.listed_cases import (
    CASES_TO_RELEASE,
    CHANGED_CASES,
    CHANGES,
    HELD_PAST_TERM,
)
from services.console.pages.officers.lists import STATUS, Option, places_to_choose
from services.console.pages.refusals import refusal_page
from services.console.pages.shown.figures import Count, Figure, Part, as_sentence, count_in_words
from services.console.pages.words import word
from services.console.sessions.queries import phones_of

_FIGURES: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "overdue": ("overdue_tasks", {}),
    "abnormal": ("open_tasks", {"kind": "see_abnormal"}),
    "due": ("open_tasks", {"state": "due"}),
    "done": ("done_tasks", {}),
    "people": ("open_cases", {}),
}
"""Figure of a worker, in the order of the columns -> the list behind it, and what it is asked for."""
_MEASURE: Final = "home_isolation"
_WORST: Final = 20
"""Workers on the page of a large place: those with most that is overdue. The others are one link away."""
_DRAWN: Final = ("overdue", "due", "done")
"""What is drawn of each worker's day, in this order."""
_DRAWN_WIDTH: Final = 120


@dataclass(frozen=True, slots=True)
class Worker:
    """A row of the table.

    :param figures: (number, address of its list).
    :param phone: when their phone was seen last, in words; "" where none is in.
    :param drawn: what stands for what is overdue, due and done: (which, from, width), of `_DRAWN_WIDTH` for
        the largest day of those who are shown.
    """

    id: str
    name: str
    role: str
    away: bool
    figures: Sequence[tuple[int, str]]
    phone: str
    drawn: Sequence[tuple[str, float, float]]


@dataclass(frozen=True, slots=True)
class Asked:
    """The figure with its reasons, as the page shows it."""

    sentence: str
    parts: Sequence[tuple[str, str, str]]
    definition: str
    more_than: int | None


def add_board(pages: Blueprint, doors: Doors, work: Work) -> None:
    @pages.get("/board")
    @only_in(work, "officer")
    def board() -> Response:
        place, measure = request.args.get("place", ""), request.args.get("measure", "")
        measure = measure if measure in MEASURES else _MEASURE
        asked = {"place": place} if place else {}
        asking = Asking(doors)
        try:
            today = asking.look_up("isolation", "board", {**asked, "measure": measure})
        except Refused as refused:
            if place or refused.kind != "unknown":
                return refusal_page(STATUS[refused.kind])
            today = None  # the door is still of a version that does not know the page
            asking.away.add("isolation")
        known = _known(today)
        worst = known if request.args.get("workers") == "all" or len(known) <= _WORST else known[:_WORST]
        staff = [row["staff_id"] for row in worst]
        below = [row["place"] for row in today["below"]] if today else []
        names = asking.names(staff, [*below, place], place)
        where = names.of_place(place) if place else names.here
        seen = _phones_seen(work, staff)
        longest = _longest_day(worst)
        page = render_template(
            "officers/board.html",
            where=where,
            as_of=in_words(datetime.fromisoformat(today["as_of"])) if today else "",
            workers=[_worker(row, names, asked, seen, longest) for row in worst],
            stand=_stand(known),
            all_workers=len(known),
            all_address=f"/board?{urlencode({**asked, 'measure': measure, 'workers': 'all'})}#workers",
            left_out=today["left_out"] if today else 0,
            too_many=today["more_than"] if today else None,
            below=_below(today, names),
            asked=_asked(today, where or gettext("my places"), asked, measure),
            release=_release(today, asked),
            changes=_changes(today, asked),
            changes_counted=gettext(CHANGED_CASES.definition),
            too_many_changes=COUNTED if today and not today["changes"] else None,
            place=place,
            places=places_to_choose(names, place),
            measure=measure,
            measures=[Option(one, word(one)) for one in reversed(MEASURES)],
            from_phones=acts_waiting(work, asking),
            missing=asking.missing,
        )
        return make_response(page, 200 if today or names.you else 503)


def _phones_seen(work: Work, staff: Sequence[str | None]) -> dict[str, str]:
    """When the phone of each was seen last, by real time, for those whose phone is in."""
    with work.look() as uow:
        phones = phones_of(uow, [id for id in staff if id])
    return {id: in_words(phone.seen_at.astimezone(work.zone)) for id, phone in phones.items()}


def _known(today: Mapping[str, Any] | None) -> Sequence[Mapping[str, Any]]:
    """Those who work, and those who left and still have something."""
    numbers = tuple(_FIGURES)
    rows = today["staff"] if today else ()
    return [row for row in rows if row["active"] or any(row[name] for name in numbers)]


def _stand(known: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    """How many workers have something overdue, something due, or nothing left; and how many are away."""
    overdue = [row for row in known if row["overdue"]]
    due = [row for row in known if row["due"] and not row["overdue"]]
    return [
        (gettext("with something overdue"), len(overdue)),
        (gettext("with something due, nothing overdue"), len(due)),
        (gettext("with nothing left today"), len(known) - len(overdue) - len(due)),
        (gettext("away"), sum(row["away_from"] is not None for row in known)),
    ]


def _longest_day(rows: Sequence[Mapping[str, Any]]) -> int:
    return max((sum(row[name] for name in _DRAWN) for row in rows), default=0) or 1


def _drawn(row: Mapping[str, Any], longest: int) -> list[tuple[str, float, float]]:
    drawn, at = [], 0.0
    for name in _DRAWN:
        width = round(_DRAWN_WIDTH * row[name] / longest, 1)
        if width:
            drawn.append((name, round(at, 1), width))
        at += width
    return drawn


def _worker(
    row: Mapping[str, Any],
    names: Names,
    asked: Mapping[str, str],
    seen: Mapping[str, str],
    longest: int,
) -> Worker:
    id = row["staff_id"]
    figures = []
    for name, (listed, more) in _FIGURES.items():
        by = "owner" if listed == "open_cases" else "staff_id"
        address = f"/lists/{listed}?{urlencode({by: id or NOTHING, **more, **asked})}"
        figures.append((row[name], address))
    return Worker(
        id or "",
        names.of_staff(id) if id else "",
        row["role"] or "",
        row["away_from"] is not None,
        figures,
        seen.get(id, ""),
        _drawn(row, longest),
    )


def _below(today: Mapping[str, Any] | None, names: Names) -> list[tuple[str, int, str]]:
    """(name, people, address of its own page) of the places below, the most people first."""
    rows = today["below"] if today else ()
    found = [
        (names.of_place(row["place"]), row["people"], f"/board?{urlencode({'place': row['place']})}")
        for row in rows
        if row["place"]
    ]
    return sorted(found, key=lambda row: (-row[1], row[0]))


def _release(
    today: Mapping[str, Any] | None, asked: Mapping[str, str]
) -> Sequence[tuple[str, str, str, bool]]:
    """(list, how many stand on it, its address, whether it is loud) of those at their end; none: no line.

    A door of the version before says nothing of it.
    """
    found = (today.get("release") if today else None) or {}
    return [
        (
            gettext(of.title),
            count_in_words(Count(found[of.name]["people"], found[of.name]["households"]), flask_babel),
            f"/lists/{of.name}" + (f"?{urlencode(asked)}" if asked else ""),
            of is HELD_PAST_TERM,
        )
        for of in (HELD_PAST_TERM, CASES_TO_RELEASE)
        if found.get(of.name, {}).get("people")
    ]


def _changes(
    today: Mapping[str, Any] | None, asked: Mapping[str, str]
) -> Sequence[tuple[str, str, str]] | None:
    """(what changed, how many, address of its list) since yesterday; None where it is not counted."""
    found = today["changes"] if today else None
    if found is None:
        return None
    return [
        (
            word(change),
            count_in_words(Count(found[change]["people"], found[change]["households"]), flask_babel),
            f"/lists/changed_cases?{urlencode({'change': change, **asked})}",
        )
        for change in CHANGES
    ]


def _asked(
    today: Mapping[str, Any] | None, where: str, asked: Mapping[str, str], measure: str
) -> Asked | None:
    if today is None:
        return None
    found = today["check_ins"]
    definition = gettext(
        "Counted are people under this measure, and of them those of whom nothing was reported in any window "
        "that ended today, not even late. Reasons count households, each by its gravest."
    )
    if found["more_than"]:
        return Asked("", (), definition, found["more_than"])
    says = {
        "nobody": gettext("nobody responsible"),
        "no_phone": gettext("no phone"),
        "no_answer": gettext("no answer"),
        "new": gettext("newly come"),
        "other": gettext("reason not known"),
    }
    because = [(says[why], number) for why, number in found["because"].items()]
    whole = Part(word(measure), Count(found["whole"]["people"], found["whole"]["households"]))
    without = Part(
        gettext("no check-in in any window ended today"),
        Count(found["without"]["people"], found["without"]["households"]),
        because,
    )
    as_of = in_words(datetime.fromisoformat(today["as_of"]))
    figure = Figure(as_of, where, whole, (without,), definition)
    query = urlencode({"measure": measure, **asked})
    parts = [
        (part.what, count_in_words(part.count, flask_babel), f"/lists/{listed}?{query}")
        for part, listed in ((whole, "open_cases"), (without, "without_check_in"))
    ]
    return Asked(as_sentence(figure, flask_babel), parts, definition, None)

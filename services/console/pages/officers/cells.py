"""The cells of a list, as templates show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from services.console.pages.catalogues import gettext
from services.console.pages.clock import day_in_words, in_words
from services.console.pages.officers.asking import Names
from services.console.pages.officers.listing import Column
from services.console.pages.officers.report_form import fault_in_words
from services.console.pages.words import need_word, permit_word, task_word, word

_AT_CONSOLE: Final = "/console/"
_BY_LINK: Final = "/link/"
"""How the sources of colleagues and of residents begin; those of other systems begin with their name."""
_OF_WHOLE_ROW: Final = frozenset({"place", "day", "case"})
"""Kinds of cell that say more than one value of their row."""
_PLACES: Final = ("grid", "community", "street")


class Cell(NamedTuple):
    """:param data: whether the text is data: a name, an id, an address.
    :param href: where it leads.
    """

    text: str
    data: bool = False
    href: str = ""


def cells_of(
    row: Mapping[str, Any],
    columns: Sequence[Column],
    names: Names,
    as_of: datetime | None = None,
    made: dict[tuple[str, str], Cell] | None = None,
) -> tuple[Cell, ...]:
    """
    :param as_of: when the door read it; needed where days are counted.
    :param made: cells of the rows before, to which those of this row are added: rows share words and
        moments.
    """
    made = {} if made is None else made
    found = []
    for column in columns:
        value = row.get(column.of)
        if column.kind in _OF_WHOLE_ROW or not isinstance(value, str):
            found.append(_cell(row, column, names, as_of))
            continue
        key = column.kind, value
        if key not in made:
            made[key] = _cell(row, column, names, as_of)
        found.append(made[key])
    return tuple(found)


def _cell(row: Mapping[str, Any], column: Column, names: Names, as_of: datetime | None) -> Cell:
    if column.kind == "place":
        place = place_of(row, names)
        return Cell(place or gettext("not known"), bool(place))
    if column.kind == "day":
        assert as_of
        return Cell(day_of(row, as_of))
    value = row.get(column.of)
    if column.kind == "case":
        return Cell(str(value or gettext("no name")), value is not None, f"/cases/{quote(row['case_id'])}")
    if column.kind == "flag":
        return Cell(gettext("yes") if value else gettext("no"))
    if value is None or value == "" or value == []:
        return Cell("–")
    if column.kind == "word":
        return Cell(word(value))
    if column.kind == "words":
        return Cell(listed(word(one) for one in str(value).split(",")))
    if column.kind == "task":
        return Cell(task_word(value))
    if column.kind == "need":
        return Cell(need_word(value))
    if column.kind == "permit":
        return Cell(permit_word(value))
    if column.kind == "moment":
        return Cell(moment(value))
    if column.kind == "date":
        return Cell(day(value))
    if column.kind == "staff":
        return Cell(names.of_staff(value), True)
    if column.kind == "other_place":
        return Cell(names.of_place(value), True)
    if column.kind == "author":
        return author_of(str(value), names)
    if column.kind == "faults":
        return Cell("; ".join(map(fault_in_words, value))[:500])
    return Cell(str(value), True)


def staff_of(who: str) -> str:
    """The member of staff whom it names, by themselves or as the author at the console."""
    return who.removeprefix(_AT_CONSOLE)


def author_of(who: str, names: Names) -> Cell:
    """Whoever said it, as people know them: a colleague by name, a household by its link, a system."""
    if who.startswith(_BY_LINK):
        return Cell(gettext("by the household's link"))
    if who.startswith("/") and not who.startswith(_AT_CONSOLE):
        return Cell(who.split("/")[1], True)
    return Cell(names.of_staff(staff_of(who)), True)


def moment(text: str) -> str:
    """:param text: as doors write moments, in the field's zone."""
    return in_words(datetime.fromisoformat(text))


def day(text: str) -> str:
    return day_in_words(date.fromisoformat(text))


def day_of(row: Mapping[str, Any], as_of: datetime) -> str:
    """Which day of the measure it is, of how many; nothing where it has none, as advice."""
    if not row["days"]:
        return ""
    number = (as_of.date() - date.fromisoformat(row["counted_from"])).days
    said: str = gettext("day %(day)s of %(days)s", day=number, days=row["days"])
    return said


def place_of(row: Mapping[str, Any], names: Names) -> str:
    """The community and the grid, or what is known; nothing where no place is."""
    grid, community, street = (row.get(level) for level in _PLACES)
    if community:
        return " ".join(names.of_place(one) for one in (community, grid) if one)
    known = grid or street
    return names.of_place(known) if known else ""


def listed(words: Iterable[str]) -> str:
    """One, another: as this language joins them."""
    joined = ""
    for one in words:
        joined = gettext("%(one)s, %(more)s", one=joined, more=one) if joined else one
    return joined


def ids_in(rows: Iterable[Mapping[str, Any]]) -> tuple[set[str | None], set[str | None]]:
    """(staff, places) that rows name by id."""
    staff: set[str | None] = set()
    places: set[str | None] = set()
    for row in rows:
        staff |= {row.get(name) for name in ("owner", "staff_id", "worker", "deputy", "replaced_by")}
        staff |= {staff_of(row["decided_by"])} if row.get("decided_by") else set()
        places |= {row.get(name) for name in (*_PLACES, "place")}
    return staff, places

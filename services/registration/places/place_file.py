"""A places.csv, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from contracts.faults import Fault, Refused
from contracts.imported_tables import Row, read_table
from field.words import PLACE_LEVELS
from services.registration.places.divisions import divisions

PLACE_COLUMNS = ("place_id", "parent", "level", "name", "aliases", "division", "kind")
ENDING_COLUMNS = ("removed", "successor")
"""May be left out: then places end or go on as they did."""
_YES, _NO = ("true", "yes", "1", "是"), ("false", "no", "0", "否", "")


@dataclass(frozen=True, slots=True)
class PlaceRow:
    place_id: str
    parent: str | None
    level: str
    name: str
    aliases: tuple[str, ...]
    division: str | None
    kind: str | None
    removed: bool | None = None
    """It has ended; None: the file does not say."""
    successor: str | None = None
    """The place into which it was dissolved."""


def read_places(text: str, known: Mapping[str, str]) -> list[PlaceRow]:
    """Rows of places.csv. Raises Refused with every fault.

    :param known: level by place_id of the places that are stored already and have not ended: a parent or a
        successor may be one of them.
    """
    faults: list[Fault] = []
    places: list[PlaceRow] = []
    given = read_table(text, PLACE_COLUMNS, ENDING_COLUMNS)
    levels = dict(known) | {cells["place_id"]: cells["level"] for cells in given if cells}
    ending = {
        cells["place_id"]: cells["successor"] for cells in given if cells and cells["removed"].lower() in _YES
    }
    seen: set[str] = set()
    for number, cells in enumerate(given, start=2):
        if not cells:
            continue
        place = _place(cells)
        row = Row(f"row {number}", faults)
        _check(place, levels, seen, row)
        if cells["removed"].lower() not in _YES + _NO:
            row.fault("removed", "unknown", "must be true or false")
        _check_successor(place, levels, ending, row)
        seen.add(place.place_id)
        places.append(place)
    if faults:
        raise Refused.invalid(faults)
    return places


def _place(cells: Mapping[str, str]) -> PlaceRow:
    return PlaceRow(
        place_id=cells["place_id"],
        parent=cells["parent"] or None,
        level=cells["level"],
        name=cells["name"],
        aliases=tuple(alias.strip() for alias in cells["aliases"].split(";") if alias.strip()),
        division=cells["division"] or None,
        kind=cells["kind"] or None,
        removed=cells["removed"].lower() in _YES if cells["removed"] else None,
        successor=cells["successor"] or None,
    )


def _check(place: PlaceRow, levels: Mapping[str, str], seen: Set[str], row: Row) -> None:
    if not place.place_id or len(place.place_id) > 40:
        row.fault("place_id", "length", "must have 1 to 40 characters")
    if place.place_id in seen:
        row.fault("place_id", "repeated", "stands in an earlier row too")
    if place.level not in PLACE_LEVELS:
        row.fault("level", "unknown", f"must be one of {', '.join(PLACE_LEVELS)}")
    if not place.name or len(place.name) > 100:
        row.fault("name", "length", "must have 1 to 100 characters")
    if place.parent is not None and place.parent not in levels:
        row.fault("parent", "unknown", "is no place_id of this file or of the places known")
    elif place.parent is not None and not _is_above(levels[place.parent], place.level):
        row.fault("parent", "not_above", "must be of a higher level than the place")
    if place.division and not divisions().knows(place.division):
        row.fault("division", "division_unknown", "is no known administrative division code")


def _check_successor(place: PlaceRow, levels: Mapping[str, str], ending: Mapping[str, str], row: Row) -> None:
    """:param ending: the places that end by this file, each with its successor, or ""."""
    successor = place.successor
    if successor is None:
        return
    if not place.removed:
        row.fault("successor", "not_removed", "is for a place that ends: removed must be true")
    goes_on = successor
    for _ in ending:
        goes_on = ending.get(goes_on, goes_on)
    if successor not in levels or goes_on not in levels or goes_on in ending:
        row.fault("successor", "unknown", "is no place_id of this file or of the places known that goes on")
    elif levels[successor] != place.level:
        row.fault("successor", "other_level", "must be of the level of the place that ends")


def _is_above(parent: str, level: str) -> bool:
    if parent not in PLACE_LEVELS or level not in PLACE_LEVELS:
        return True  # a fault of its own
    return PLACE_LEVELS.index(parent) < PLACE_LEVELS.index(level)

"""A places.csv, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from contracts.faults import Fault, Refused
from field.words import PLACE_LEVELS
from services.registration.places.divisions import divisions
from services.registration.reference.imported_tables import Row, read_table

PLACE_COLUMNS = ("place_id", "parent", "level", "name", "aliases", "division", "kind")


@dataclass(frozen=True, slots=True)
class PlaceRow:
    place_id: str
    parent: str | None
    level: str
    name: str
    aliases: tuple[str, ...]
    division: str | None
    kind: str | None


def read_places(text: str, known: Mapping[str, str]) -> list[PlaceRow]:
    """Rows of places.csv. Raises Refused with every fault.

    :param known: level by place_id of the places that are stored already: a parent may be one of them.
    """
    faults: list[Fault] = []
    places: list[PlaceRow] = []
    given = read_table(text, PLACE_COLUMNS)
    levels = dict(known) | {cells["place_id"]: cells["level"] for cells in given if cells}
    seen: set[str] = set()
    for number, cells in enumerate(given, start=2):
        if not cells:
            continue
        place = _place(cells)
        row = Row(f"row {number}", faults)
        _check(place, levels, seen, row)
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


def _is_above(parent: str, level: str) -> bool:
    if parent not in PLACE_LEVELS or level not in PLACE_LEVELS:
        return True  # a fault of its own
    return PLACE_LEVELS.index(parent) < PLACE_LEVELS.index(level)

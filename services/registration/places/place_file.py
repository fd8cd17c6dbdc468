"""A places.csv, row by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from field.words import PLACE_LEVELS
from services.registration.places.divisions import divisions
from services.registration.reference.imported_tables import BadInput, Fault, Row, read_table

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
    """Rows of places.csv.

    :param known: level by place_id of the places that are stored already: a parent may be one of them.
    """
    faults: list[Fault] = []
    rows: list[PlaceRow] = []
    given = read_table(text, PLACE_COLUMNS)
    levels = dict(known) | {row["place_id"]: row["level"] for row in given if row}
    seen: set[str] = set()
    for number, row in enumerate(given, start=2):
        if not row:
            continue
        report = Row(f"row {number}", faults)
        place_id, level, parent = row["place_id"], row["level"], row["parent"] or None
        if not place_id or len(place_id) > 40:
            report.fault("place_id", "must have 1 to 40 characters")
        if place_id in seen:
            report.fault("place_id", "stands in an earlier row too")
        seen.add(place_id)
        if level not in PLACE_LEVELS:
            report.fault("level", f"must be one of {', '.join(PLACE_LEVELS)}")
        if not row["name"] or len(row["name"]) > 100:
            report.fault("name", "must have 1 to 100 characters")
        if parent is not None and parent not in levels:
            report.fault("parent", "is no place_id of this file or of the places known")
        elif parent is not None and not _is_above(levels[parent], level):
            report.fault("parent", "must be of a higher level than the place")
        if row["division"] and not divisions().knows(row["division"]):
            report.fault("division", "is no known administrative division code")
        aliases = tuple(alias.strip() for alias in row["aliases"].split(";") if alias.strip())
        rows.append(
            PlaceRow(
                place_id, parent, level, row["name"], aliases, row["division"] or None, row["kind"] or None
            )
        )
    if faults:
        raise BadInput(faults)
    return rows


def _is_above(parent: str, level: str) -> bool:
    if parent not in PLACE_LEVELS or level not in PLACE_LEVELS:
        return True  # a fault of its own
    return PLACE_LEVELS.index(parent) < PLACE_LEVELS.index(level)

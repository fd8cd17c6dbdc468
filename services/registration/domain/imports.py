"""Tables that people import: read whole or not at all, with every fault told by row and column."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from field.words import PLACE_LEVELS, ROLES
from services.registration.domain.checks import is_phone
from services.registration.domain.divisions import divisions
from services.registration.domain.reports import compact_number


@dataclass(frozen=True, slots=True)
class Fault:
    """Where an import is wrong, and why. Never holds the value."""

    row: str
    column: str
    message: str

    def __str__(self) -> str:
        return f"{self.row}, {self.column}: {self.message}" if self.column else f"{self.row}: {self.message}"


class BadInput(Exception):
    """An import is refused; nothing of it was stored."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Row:
    """Collects the faults of one row."""

    name: str
    faults: list[Fault]

    def fault(self, column: str, message: str) -> None:
        self.faults.append(Fault(self.name, column, message))


@dataclass(frozen=True, slots=True)
class PlaceRow:
    place_id: str
    parent: str | None
    level: str
    name: str
    aliases: tuple[str, ...]
    division: str | None
    kind: str | None


@dataclass(frozen=True, slots=True)
class StaffRow:
    staff_id: str
    role: str
    place: str
    name: str
    phone: str | None
    language: str
    active: bool


PLACE_COLUMNS = ("place_id", "parent", "level", "name", "aliases", "division", "kind")
STAFF_COLUMNS = ("staff_id", "role", "place", "name", "phone", "language", "active")
_YES, _NO = ("true", "yes", "1", "是", ""), ("false", "no", "0", "否")


def read_table(text: str, columns: Sequence[str], optional: Sequence[str] = ()) -> list[dict[str, str]]:
    """A CSV with a header line, as one dict a row. Raises BadInput for missing columns and ragged rows."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    header = [name.strip() for name in next(reader, [])]
    missing = [name for name in columns if name not in header]
    if missing:
        raise BadInput([Fault("row 1", name, "this column is missing") for name in missing])
    faults: list[Fault] = []
    rows: list[dict[str, str]] = []
    for number, cells in enumerate(reader, start=2):
        if not any(cell.strip() for cell in cells):
            rows.append({})
            continue
        if len(cells) != len(header):
            faults.append(Fault(f"row {number}", "", f"has {len(cells)} cells, the header {len(header)}"))
        rows.append({name: "" for name in optional} | dict(zip(header, map(str.strip, cells), strict=False)))
    if faults:
        raise BadInput(faults)
    return rows


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


def read_staff(text: str, places: frozenset[str]) -> list[StaffRow]:
    """Rows of staff.csv.

    :param places: the place_ids there are.
    """
    faults: list[Fault] = []
    rows: list[StaffRow] = []
    seen: set[str] = set()
    for number, row in enumerate(read_table(text, STAFF_COLUMNS), start=2):
        if not row:
            continue
        report = Row(f"row {number}", faults)
        staff_id, active = row["staff_id"], row["active"].lower()
        if not staff_id or len(staff_id) > 40:
            report.fault("staff_id", "must have 1 to 40 characters")
        if staff_id in seen:
            report.fault("staff_id", "stands in an earlier row too")
        seen.add(staff_id)
        if row["role"] not in ROLES:
            report.fault("role", f"must be one of {', '.join(ROLES)}")
        if row["place"] not in places:
            report.fault("place", "is no known place_id: import the places first")
        if not row["name"]:
            report.fault("name", "is empty")
        phone = compact_number(row["phone"]) if row["phone"] else None
        if phone and not is_phone(phone):
            report.fault("phone", "is no valid phone number; outside mainland China give +country code")
        if row["language"] not in ("", "zh-CN", "en"):
            report.fault("language", "must be zh-CN or en")
        if active not in _YES + _NO:
            report.fault("active", "must be true or false")
        rows.append(
            StaffRow(
                staff_id,
                row["role"],
                row["place"],
                row["name"],
                phone,
                row["language"] or "zh-CN",
                active in _YES,
            )
        )
    if faults:
        raise BadInput(faults)
    return rows

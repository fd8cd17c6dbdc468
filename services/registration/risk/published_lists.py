"""Published lists of risk areas: the official JSON, a simple CSV, and the changes between two lists.

A row of the official list names province, city and county, and any number of `communitys`; each of these is
one area, and the published `hcount` and `mcount` count areas, not rows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from contracts.faults import Fault, Refused
from field.words import RiskLevel
from services.registration.places.divisions import Level, divisions
from services.registration.places.spelling import fold
from services.registration.reference.imported_tables import Row
from services.registration.risk.assessing import RiskArea

_LISTS = (("highlist", RiskLevel.high), ("middlelist", RiskLevel.medium), ("lowlist", RiskLevel.low))
_TIME = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})\s*(\d{1,2})(?:时|:00)?$")
_CSV_LEVELS = {
    "high": RiskLevel.high, "medium": RiskLevel.medium, "low": RiskLevel.low,
    "高": RiskLevel.high, "中": RiskLevel.medium, "低": RiskLevel.low,
    "高风险": RiskLevel.high, "中风险": RiskLevel.medium, "低风险": RiskLevel.low,
}  # fmt: skip
CSV_COLUMNS = ("level", "province", "city", "county", "place")
_MOST_FAULTS = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """One area of a list, placed."""

    area: RiskArea
    placed: Level

    @property
    def key(self) -> tuple[str, str]:
        """It is the same area in the next list if this is the same: the level is not part of it."""
        return area_key(self.area)


@dataclass(frozen=True, slots=True)
class RiskList:
    """A whole list.

    :param published: areas by level as the publisher counted them (nothing for a CSV).
    :param remarks: why the counts differ, one sentence each.
    """

    list_id: str
    published_at: datetime
    listed: tuple[Listed, ...]
    published: Mapping[str, int]
    remarks: tuple[str, ...]

    def counted(self) -> dict[str, int]:
        counted = Counter(listed.area.level.name for listed in self.listed)
        return {level.name: counted[level.name] for _, level in _LISTS}

    def placed(self) -> dict[str, int]:
        by = Counter(listed.placed for listed in self.listed)
        return {"county": by["county"], "city_only": by["city"], "province_only": by["province"]}

    def placed_percent(self) -> float:
        """The share of areas that have a county or district, in percent."""
        return round(100 * self.placed()["county"] / len(self.listed), 2) if self.listed else 100.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences between a list and the areas in force before it.

    :param changed: areas whose level is another: before, after.
    """

    new: tuple[RiskArea, ...]
    changed: tuple[tuple[RiskArea, RiskArea], ...]
    ended: tuple[RiskArea, ...]
    unchanged: int


def area_key(area: RiskArea) -> tuple[str, str]:
    where = area.division if len(area.division) == 6 else f"{area.division}{fold(area.county)}"
    return where, fold(f"{area.street}{area.place}")


def published_time(text: str, zone: ZoneInfo) -> datetime:
    """`2022-10-01 8时` and `2022-10-01 08时`, local time. Raises ValueError."""
    match = _TIME.match(text.strip())
    if not match:
        raise ValueError("must be as in 2022-10-01 8时")
    year, month, day, hour = map(int, match.groups())
    return datetime(year, month, day, hour, tzinfo=zone)


def read_official(document: Any, zone: ZoneInfo, list_id: str | None = None) -> RiskList:
    """The official JSON. Raises Refused with every fault."""
    faults: list[Fault] = []
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, dict):
        message = "must be an object with end_update_time, highlist and middlelist"
        raise Refused.invalid([Fault("data", "type", message)])
    published_at = None
    try:
        published_at = published_time(str(data.get("end_update_time") or ""), zone)
    except ValueError as error:
        faults.append(Fault("data, end_update_time", "time", str(error)))
    list_id = list_id or (f"official-{published_at:%Y%m%d%H}" if published_at else "")
    listed: list[Listed] = []
    for name, level in _LISTS:
        rows = data.get(name)
        if rows is None and name == "lowlist":
            continue
        if not isinstance(rows, list):
            faults.append(Fault(name, "type", "must be a list of rows"))
            continue
        for number, given in enumerate(rows, start=1):
            listed += _read_row(given, Row(f"{name} row {number}", faults), level, list_id, published_at)
    if faults or published_at is None:
        raise Refused.invalid(faults[:_MOST_FAULTS])
    published, remarks = _published_counts(data, listed)
    listed, more = _without_repeats(listed)
    return RiskList(list_id, published_at, tuple(listed), published, (*remarks, *more))


def _read_row(
    given: Any, row: Row, level: RiskLevel, list_id: str, published_at: datetime | None
) -> Iterable[Listed]:
    if not isinstance(given, dict):
        row.fault("", "type", "must be an object")
        return
    words: dict[str, str] = {}
    for name in ("province", "city", "county"):
        value = given.get(name)
        if not isinstance(value, str) or (not value.strip() and name == "province"):
            row.fault(name, "type", "must be text")
        else:
            words[name] = value.strip()
    places = given.get("communitys")
    if not isinstance(places, list) or not places:
        row.fault("communitys", "type", "must be a list with at least one place")
        return
    for position, place in enumerate(places, start=1):
        if not isinstance(place, str) or not place.strip():
            row.fault(f"communitys[{position}]", "type", "must be text")
        elif len(words) == 3 and published_at is not None:
            yield place_area(level, words, place.strip(), list_id, published_at)


def place_area(
    level: RiskLevel, words: Mapping[str, str], place: str, list_id: str, valid_from: datetime
) -> Listed:
    """An area with the code of its county; with that of its city where the table knows no such county."""
    located = divisions().find(words["province"], words["city"], words["county"])
    # In a municipality a street may stand in the county's place: it belongs to the place then.
    street = located.rest if located.level == "county" else ""
    area = RiskArea(
        list_id, level, words["province"], words["city"], words["county"], place, located.code, valid_from,
        street=street,
    )  # fmt: skip
    return Listed(area, located.level)


def read_csv(
    rows: Sequence[Mapping[str, str]], zone: ZoneInfo, list_id: str, published_at: datetime
) -> RiskList:
    """:param rows: of `level,province,city,county,place[,valid_from]`, as `read_table` gives them.

    Raises Refused with every fault.
    """
    faults: list[Fault] = []
    listed: list[Listed] = []
    for number, cells in enumerate(rows, start=2):
        if not cells:
            continue
        row = Row(f"row {number}", faults)
        level = _CSV_LEVELS.get(cells["level"].lower())
        if level is None:
            row.fault("level", "unknown", "must be high, medium or low")
        if not cells["place"]:
            row.fault("place", "empty", "is empty")
        if divisions().find(cells["province"], cells["city"], cells["county"]).level == "nowhere":
            row.fault("province", "unknown", "is no known province")
        valid_from = published_at
        if cells.get("valid_from"):
            try:
                valid_from = datetime.fromisoformat(cells["valid_from"])
                valid_from = valid_from if valid_from.tzinfo else valid_from.replace(tzinfo=zone)
            except ValueError:
                row.fault("valid_from", "time", "must be a date or a time as in 2022-10-01T08:00")
        if level is not None:
            listed.append(place_area(level, cells, cells["place"], list_id, valid_from))
    if faults:
        raise Refused.invalid(faults[:_MOST_FAULTS])
    listed, remarks = _without_repeats(listed)
    return RiskList(list_id, published_at, tuple(listed), {}, tuple(remarks))


def compare(before: Iterable[RiskArea], after: RiskList) -> Comparison:
    """New, changed (level) and ended areas. Unchanged ones go on as they were."""
    known = {area_key(area): area for area in before}
    new: list[RiskArea] = []
    changed: list[tuple[RiskArea, RiskArea]] = []
    unchanged = 0
    for listed in after.listed:
        old = known.pop(listed.key, None)
        if old is None:
            new.append(listed.area)
        elif old.level != listed.area.level:
            changed.append((old, listed.area))
        else:
            unchanged += 1
    return Comparison(tuple(new), tuple(changed), tuple(known.values()), unchanged)


def _published_counts(data: Mapping[str, Any], listed: Sequence[Listed]) -> tuple[dict[str, int], list[str]]:
    """The publisher's own counts, and a remark for each that differs from the list."""
    counted = Counter(area.area.level for area in listed)
    published: dict[str, int] = {}
    remarks = []
    for name, level in (("hcount", RiskLevel.high), ("mcount", RiskLevel.medium), ("lcount", RiskLevel.low)):
        if not isinstance(data.get(name), int):
            continue
        published[level.name] = data[name]
        if counted[level] != data[name]:
            remarks.append(
                f"{name} says {data[name]} {level.name}-risk areas, the list holds {counted[level]}: "
                f"all {counted[level]} were imported"
            )
    return published, remarks


def _without_repeats(listed: Sequence[Listed]) -> tuple[list[Listed], list[str]]:
    """One area of each key, the riskier, and a remark that says how many were left out."""
    kept: dict[tuple[str, str], Listed] = {}
    repeats = 0
    for area in listed:
        other = kept.get(area.key)
        if other is not None:
            repeats += 1
        if other is None or area.area.level > other.area.level:
            kept[area.key] = area
    remarks = [f"{repeats} areas are listed more than once; the higher level counts"] if repeats else []
    return list(kept.values()), remarks

"""Published lists of risk areas: the official JSON, a simple CSV, and what changed between two lists.

A row of the official list names province, city and county, and any number of `communitys`; each of these is
one area, and the published `hcount` and `mcount` count areas, not rows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from field.words import RiskLevel
from services.registration.places.divisions import Level, divisions
from services.registration.places.spelling import fold
from services.registration.reference.imported_tables import BadInput, Fault, Row
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
        """What makes it the same area in the next list: the level is not part of it."""
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
        found = Counter(one.area.level.name for one in self.listed)
        return {level.name: found[level.name] for _, level in _LISTS}

    def placed(self) -> dict[str, int]:
        found = Counter(one.placed for one in self.listed)
        return {"county": found["county"], "city_only": found["city"], "province_only": found["province"]}

    def placed_percent(self) -> float:
        """How many areas of a hundred have a county or district."""
        return round(100 * self.placed()["county"] / len(self.listed), 2) if self.listed else 100.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one list says otherwise than the areas in force before it."""

    new: tuple[RiskArea, ...]
    changed: tuple[tuple[RiskArea, RiskArea], ...]  # before, after: another level
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
    """The official JSON. Raises BadInput with every fault found; then nothing of it is to be used."""
    faults: list[Fault] = []
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, dict):
        raise BadInput([Fault("data", "", "must be an object with end_update_time, highlist and middlelist")])
    published_at = None
    try:
        published_at = published_time(str(data.get("end_update_time") or ""), zone)
    except ValueError as error:
        faults.append(Fault("data", "end_update_time", str(error)))
    list_id = list_id or (f"official-{published_at:%Y%m%d%H}" if published_at else "")
    listed: list[Listed] = []
    for name, level in _LISTS:
        rows = data.get(name)
        if rows is None and name == "lowlist":
            continue
        if not isinstance(rows, list):
            faults.append(Fault(name, "", "must be a list of rows"))
            continue
        for number, row in enumerate(rows, start=1):
            listed += _read_row(row, Row(f"{name} row {number}", faults), level, list_id, published_at)
    if faults or published_at is None:
        raise BadInput(faults[:_MOST_FAULTS])
    published, remarks = _published_counts(data, listed)
    listed, more = _without_repeats(listed)
    return RiskList(list_id, published_at, tuple(listed), published, (*remarks, *more))


def _read_row(
    row: Any, report: Row, level: RiskLevel, list_id: str, published_at: datetime | None
) -> Iterable[Listed]:
    if not isinstance(row, dict):
        report.fault("", "must be an object")
        return
    words: dict[str, str] = {}
    for name in ("province", "city", "county"):
        value = row.get(name)
        if not isinstance(value, str) or (not value.strip() and name == "province"):
            report.fault(name, "must be text")
        else:
            words[name] = value.strip()
    places = row.get("communitys")
    if not isinstance(places, list) or not places:
        report.fault("communitys", "must be a list with at least one place")
        return
    for position, place in enumerate(places, start=1):
        if not isinstance(place, str) or not place.strip():
            report.fault(f"communitys[{position}]", "must be text")
        elif len(words) == 3 and published_at is not None:
            yield place_area(level, words, place.strip(), list_id, published_at)


def place_area(
    level: RiskLevel, words: Mapping[str, str], place: str, list_id: str, valid_from: datetime
) -> Listed:
    """An area with the code of its county; with that of its city where the table knows no such county."""
    found = divisions().find(words["province"], words["city"], words["county"])
    # What stands in the county's place in a municipality may be a street: it belongs to the place then.
    street = found.rest if found.level == "county" else ""
    area = RiskArea(
        list_id, level, words["province"], words["city"], words["county"], place, found.code, valid_from,
        street=street,
    )  # fmt: skip
    return Listed(area, found.level)


def read_csv(
    rows: Sequence[Mapping[str, str]], zone: ZoneInfo, list_id: str, published_at: datetime
) -> RiskList:
    """Rows of `level,province,city,county,place[,valid_from]`. Raises BadInput with row and column."""
    faults: list[Fault] = []
    listed: list[Listed] = []
    for number, given in enumerate(rows, start=2):
        report = Row(f"row {number}", faults)
        level = _CSV_LEVELS.get(given.get("level", "").strip().lower())
        if level is None:
            report.fault("level", "must be high, medium or low")
        if not given.get("place", "").strip():
            report.fault("place", "is empty")
        found = divisions().find(given["province"], given["city"], given["county"])
        if found.level == "nowhere":
            report.fault("province", "is no known province")
        valid_from = published_at
        if given.get("valid_from", "").strip():
            try:
                valid_from = datetime.fromisoformat(given["valid_from"].strip())
                valid_from = valid_from if valid_from.tzinfo else valid_from.replace(tzinfo=zone)
            except ValueError:
                report.fault("valid_from", "must be a date or a time as in 2022-10-01T08:00")
        if level is not None:
            listed.append(place_area(level, given, given["place"].strip(), list_id, valid_from))
    if faults:
        raise BadInput(faults[:_MOST_FAULTS])
    listed, remarks = _without_repeats(listed)
    return RiskList(list_id, published_at, tuple(listed), {}, tuple(remarks))


def compare(before: Iterable[RiskArea], after: RiskList) -> Comparison:
    """New, changed (level) and ended areas. Unchanged ones go on as they were."""
    known = {area_key(area): area for area in before}
    new: list[RiskArea] = []
    changed: list[tuple[RiskArea, RiskArea]] = []
    unchanged = 0
    for one in after.listed:
        old = known.pop(one.key, None)
        if old is None:
            new.append(one.area)
        elif old.level != one.area.level:
            changed.append((old, one.area))
        else:
            unchanged += 1
    return Comparison(tuple(new), tuple(changed), tuple(known.values()), unchanged)


def ended(area: RiskArea, at: datetime) -> RiskArea:
    return replace(area, valid_to=at)


def _published_counts(data: Mapping[str, Any], listed: Sequence[Listed]) -> tuple[dict[str, int], list[str]]:
    counted = Counter(one.area.level for one in listed)
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
    """One area of each key, the riskier; what was left out is said."""
    kept: dict[tuple[str, str], Listed] = {}
    repeats = 0
    for one in listed:
        other = kept.get(one.key)
        if other is not None:
            repeats += 1
        if other is None or one.area.level > other.area.level:
            kept[one.key] = one
    remarks = [f"{repeats} areas are listed more than once; the higher level counts"] if repeats else []
    return list(kept.values()), remarks

"""Published lists of risk areas: the official JSON, a simple CSV, and the changes between two lists.

A row of the official list names province, city and county, and any number of `communitys`; each of these is
one area, and the published `hcount` and `mcount` count areas, not rows. A row without communities means the
whole of what it names. A row that is odd (blank, or not what a row should be) keeps no sound row out: it is
kept as it came, with what is wrong and where.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from contracts.faults import Fault, Refused
from field.words import RiskLevel
from services.registration.risk.assessing import RiskArea
from services.registration.risk.placing_rows import Listed, area_key, place_area

_LISTS = (("highlist", RiskLevel.high), ("middlelist", RiskLevel.medium), ("lowlist", RiskLevel.low))
_TIME = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})\s*(\d{1,2})(?:时|:00)?$")
_CSV_LEVELS = {
    "high": RiskLevel.high, "medium": RiskLevel.medium, "low": RiskLevel.low,
    "高": RiskLevel.high, "中": RiskLevel.medium, "低": RiskLevel.low,
    "高风险": RiskLevel.high, "中风险": RiskLevel.medium, "低风险": RiskLevel.low,
}  # fmt: skip
CSV_COLUMNS = ("level", "province", "city", "county", "place")
_MOST_FAULTS = 50
LONGEST_NAME = 60  # no division has a name half as long
LONGEST_PLACE = 1000  # the longest published in 2022 has 515 characters
WHOLE = "全域"
"""The place of a row that names none: the whole of its county."""


@dataclass(frozen=True, slots=True)
class OddRow:
    """A row in which something is wrong.

    :param faults: what and where (`highlist row 2`).
    :param row: as it was published.
    :param lost: nothing of it is listed, though it is not blank.
    """

    faults: tuple[Fault, ...]
    row: Any
    lost: bool = False


@dataclass(frozen=True, slots=True)
class RiskList:
    """A whole list.

    :param published: areas by level as the publisher counted them (nothing for a CSV).
    :param remarks: why the counts differ, one sentence each.
    :param odd: rows in which something is wrong; what is sound in them is listed all the same.
    :param whole: False if a row could not be read at all: what the list leaves out may stand in it, so no
        area ends by this list.
    """

    list_id: str
    published_at: datetime
    listed: tuple[Listed, ...]
    published: Mapping[str, int]
    remarks: tuple[str, ...]
    odd: tuple[OddRow, ...] = ()
    whole: bool = True

    def counted(self) -> dict[str, int]:
        counted = Counter(listed.area.level.name for listed in self.listed)
        return {level.name: counted[level.name] for _, level in _LISTS}

    def placed(self) -> dict[str, int]:
        by = Counter(listed.placed for listed in self.listed)
        return {
            "county": by["county"],
            "zone": by["zone"],
            "city_only": by["city"],
            "province_only": by["province"],
            "nowhere": by["nowhere"],
        }

    def placed_by(self) -> dict[str, int]:
        """How many areas were placed by what: code, zone, county, street, city, province or nothing."""
        return dict(sorted(Counter(listed.placed_by for listed in self.listed).items()))

    def placed_percent(self) -> float:
        """The share of areas that stand in a county, a district or a zone, in percent."""
        placed = self.placed()
        inside = placed["county"] + placed["zone"]
        return round(100 * inside / len(self.listed), 2) if self.listed else 100.0

    def with_id(self, list_id: str) -> RiskList:
        """The same list under another id."""
        listed = tuple(replace(one, area=replace(one.area, list_id=list_id)) for one in self.listed)
        return replace(self, list_id=list_id, listed=listed)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences between a list and the areas in force before it.

    :param changed: areas whose level is another: before, after.
    """

    new: tuple[RiskArea, ...]
    changed: tuple[tuple[RiskArea, RiskArea], ...]
    ended: tuple[RiskArea, ...]
    unchanged: int


def published_time(text: str, zone: ZoneInfo) -> datetime:
    """`2022-10-01 8时` and `2022-10-01 08时`, local time. Raises ValueError."""
    match = _TIME.match(text.strip())
    if not match:
        raise ValueError("must be as in 2022-10-01 8时")
    year, month, day, hour = map(int, match.groups())
    return datetime(year, month, day, hour, tzinfo=zone)


def read_official(
    document: Any, zone: ZoneInfo, list_id: str | None = None, published_at: datetime | None = None
) -> RiskList:
    """The official JSON. Odd rows are kept beside the sound ones.

    :param published_at: when it was published; None: as it says itself.
    :raises Refused: the document is no list, has no time, or no row of it can be used: nothing is imported,
        for a list of which nothing can be read would end every area in force.
    """
    faults: list[Fault] = []
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, dict):
        message = "must be an object with end_update_time, highlist and middlelist"
        raise Refused.invalid([Fault("data", "type", message)])
    data = _storable(data)
    if published_at is None:
        try:
            published_at = published_time(str(data.get("end_update_time") or ""), zone)
        except ValueError as error:
            faults.append(Fault("data, end_update_time", "time", str(error)))
    list_id = list_id or (f"official-{published_at:%Y%m%d%H}" if published_at else "")
    listed: list[Listed] = []
    odd: list[OddRow] = []
    for name, level in _LISTS:
        rows = data.get(name)
        if rows is None and name != "highlist":  # since the twenty measures there is no medium level
            continue
        if not isinstance(rows, list):
            faults.append(Fault(name, "type", "must be a list of rows"))
            continue
        for number, given in enumerate(rows, start=1):
            if published_at is None:
                break
            found, wrong = _read_row(given, f"{name} row {number}", level, list_id, published_at)
            listed += found
            if wrong:
                odd.append(OddRow(tuple(wrong), given, not found and wrong[0].code != "blank"))
    if faults or published_at is None:
        raise Refused.invalid(faults[:_MOST_FAULTS])
    _refuse_if_nothing_is_sound(listed, odd)
    published, remarks = _published_counts(data, listed)
    _refuse_half_a_list(published, listed)
    listed, more = _without_repeats(listed)
    return _list_of(list_id, published_at, listed, published, (*remarks, *more), odd)


def _list_of(
    list_id: str,
    published_at: datetime,
    listed: Sequence[Listed],
    published: Mapping[str, int],
    remarks: Sequence[str],
    odd: Sequence[OddRow],
) -> RiskList:
    lost = sum(row.lost for row in odd)
    if lost:
        remarks = (
            *remarks,
            f"{lost} rows could not be read and may name any place: no area ends by this list",
        )
    return RiskList(list_id, published_at, tuple(listed), published, tuple(remarks), tuple(odd), not lost)


def _storable(value: Any) -> Any:
    """The same JSON without what no database takes: the character NUL, and halves of characters."""
    written = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    return json.loads(written.replace(b"\\u0000", b"?"))


def _refuse_if_nothing_is_sound(listed: Sequence[Listed], odd: Sequence[OddRow]) -> None:
    if odd and not listed:
        raise Refused.invalid([fault for row in odd for fault in row.faults][:_MOST_FAULTS])


def _refuse_half_a_list(published: Mapping[str, int], listed: Sequence[Listed]) -> None:
    """A list with nothing where its publisher counted areas is broken: it would end all that are in force."""
    held = {one.area.level for one in listed}
    faults = [
        Fault(
            name, "empty", f"is empty, and {published[level.name]} areas are counted: the list is not whole"
        )
        for name, level in _LISTS
        if level > RiskLevel.low and published.get(level.name, 0) > 0 and level not in held
    ]
    if faults:
        raise Refused.invalid(faults)


def _read_row(
    given: Any, where: str, level: RiskLevel, list_id: str, published_at: datetime
) -> tuple[list[Listed], list[Fault]]:
    """The areas of one row, and what is wrong with it."""
    if not isinstance(given, dict):
        return [], [Fault(where, "type", "must be an object")]
    words, faults = _names_of(given, where)
    places, more = _places_of(given.get("communitys"), where)
    if not any(words.values()):
        if not places and not faults:
            return [], [Fault(where, "blank", "is blank")]
        faults.append(
            Fault(where, "empty", "names neither province, city nor county: where it is, is not known")
        )
        return [], faults + more
    if not places and not (words["city"] or words["county"]):
        message = "names a province and nothing in it: it was not taken for the whole province"
        return [], [*faults, *more, Fault(where, "empty", message)]
    code = given.get("division")
    words["division"] = code.strip() if isinstance(code, str) else ""
    listed = [place_area(level, words, place, list_id, published_at) for place in places or [WHOLE]]
    if listed[0].placed == "nowhere":
        faults.append(Fault(f"{where}, province", "unknown", "is no known province"))
    return listed, faults + more


def _names_of(given: Mapping[str, Any], where: str) -> tuple[dict[str, str], list[Fault]]:
    words: dict[str, str] = {}
    faults: list[Fault] = []
    for name in ("province", "city", "county"):
        value = given.get(name)
        if value is not None and not isinstance(value, str):
            faults.append(Fault(f"{where}, {name}", "type", "must be text"))
        words[name] = value.strip() if isinstance(value, str) else ""
        if len(words[name]) > LONGEST_NAME:
            words[name] = words[name][:LONGEST_NAME]
            faults.append(Fault(f"{where}, {name}", "length", f"must have at most {LONGEST_NAME} characters"))
    if not words["province"] and (words["city"] or words["county"]) and not faults:
        faults.append(Fault(f"{where}, province", "empty", "is empty"))
    return words, faults


_TOO_LONG = f"must have at most {LONGEST_PLACE} characters"


def _places_of(given: Any, where: str) -> tuple[list[str], list[Fault]]:
    """The places of a row; none: the row means the whole of its county."""
    if isinstance(given, str):
        given = [given] if given.strip() else []
    if given is None:
        return [], []
    if not isinstance(given, list):
        return [], [Fault(f"{where}, communitys", "type", "must be a list of places")]
    places: list[str] = []
    faults: list[Fault] = []
    for position, place in enumerate(given, start=1):
        if not isinstance(place, str) or not place.strip():
            faults.append(Fault(f"{where}, communitys[{position}]", "type", "must be text"))
        elif len(place) > LONGEST_PLACE:
            faults.append(Fault(f"{where}, communitys[{position}]", "length", _TOO_LONG))
        else:
            places.append(place.strip())
    return places, faults


def read_csv(
    rows: Sequence[Mapping[str, str]], zone: ZoneInfo, list_id: str, published_at: datetime
) -> RiskList:
    """:param rows: of `level,province,city,county,place[,valid_from][,division]`, as `read_table` gives them.

    Odd rows are kept beside the sound ones. Raises Refused if no row is sound.
    """
    listed: list[Listed] = []
    odd: list[OddRow] = []
    for number, cells in enumerate(_storable(rows), start=2):
        if not cells:
            continue
        found, wrong = _read_csv_row(cells, f"row {number}", zone, list_id, published_at)
        listed += found
        if wrong:
            odd.append(OddRow(tuple(wrong), dict(cells), not found))
    _refuse_if_nothing_is_sound(listed, odd)
    listed, remarks = _without_repeats(listed)
    return _list_of(list_id, published_at, listed, {}, remarks, odd)


def _read_csv_row(
    cells: Mapping[str, str], where: str, zone: ZoneInfo, list_id: str, published_at: datetime
) -> tuple[list[Listed], list[Fault]]:
    faults: list[Fault] = []
    level = _CSV_LEVELS.get(cells["level"].lower())
    if level is None:
        faults.append(Fault(f"{where}, level", "unknown", "must be high, medium or low"))
    if not cells["place"]:
        faults.append(Fault(f"{where}, place", "empty", f"is empty: write {WHOLE} for a whole county"))
    elif len(cells["place"]) > LONGEST_PLACE:
        faults.append(Fault(f"{where}, place", "length", _TOO_LONG))
        return [], faults
    valid_from = published_at
    if cells.get("valid_from"):
        try:
            valid_from = datetime.fromisoformat(cells["valid_from"])
            valid_from = valid_from if valid_from.tzinfo else valid_from.replace(tzinfo=zone)
        except ValueError:
            message = "must be a date or a time as in 2022-10-01T08:00: the list's own time counts"
            faults.append(Fault(f"{where}, valid_from", "time", message))
    if level is None or not cells["place"]:
        return [], faults
    words, more = _names_of(cells, where)
    listed = place_area(level, {**cells, **words}, cells["place"], list_id, valid_from)
    faults += more
    if listed.placed == "nowhere":
        faults.append(Fault(f"{where}, province", "unknown", "is no known province"))
        return [], faults
    return [listed], faults


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
    if not after.whole:
        return Comparison(tuple(new), tuple(changed), (), unchanged + len(known))
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

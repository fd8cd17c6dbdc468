"""The risk of an arrival: its stops against the areas that were published as risky at that time (P5).

A stop concerns the areas of its division that were in force between its first day and some days after its
last (a matter of policy; 14 in the ninth edition). Then the published text decides, where it can.
`district_only` means that only the district is sure; it keeps the level and asks the worker to confirm.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from field.words import RiskLevel
from services.registration.places.division_table.read_table import Zone
from services.registration.places.divisions import divisions
from services.registration.places.spelling import fold, plain
from services.registration.risk.place_text import Answer, PlaceText, read_place, strip_names
from services.registration.risk.zone_areas import answer_in_zone, answer_nearby, nearness_to, zone_as_written

Certainty = Literal["exact", "district_only"]


@dataclass(frozen=True, slots=True)
class RiskArea:
    """One published place. Valid from `valid_from` until before `valid_to` (None: still in force)."""

    list_id: str
    level: RiskLevel
    province: str
    city: str
    county: str
    place: str
    division: str  # 6 digits; 4 of a zone without a code, and where only the city is known
    valid_from: datetime
    valid_to: datetime | None = None
    street: str = ""  # a municipality's row that names a street where others name the county


@dataclass(slots=True, unsafe_hash=True)
class Stop:
    """A stay, from and to by the day. `division` is trimmed to what the table knows; it may be empty.

    :param sure: False where a part of it waits for correction: its risk is to confirm.
    """

    division: str
    address: str
    first: date
    last: date
    sure: bool = True


@dataclass(slots=True, unsafe_hash=True)
class AreaMatch:
    area: RiskArea
    stop: int
    certainty: Certainty


@dataclass(slots=True, unsafe_hash=True)
class Assessment:
    """The level over all stops. `left_on`: the last day in the riskiest place."""

    level: RiskLevel = RiskLevel.none
    certainty: Certainty = "exact"
    left_on: date | None = None
    matches: tuple[AreaMatch, ...] = ()


_NO_RISK: Final = Assessment()
"""Of most stops: nothing is listed anywhere near."""


@dataclass(frozen=True, slots=True)
class _Entry:
    area: RiskArea
    text: PlaceText
    first: date
    last: date | None

    def in_force(self, start: date, end: date) -> bool:
        return self.first <= end and (self.last is None or self.last >= start)


_UNSURE_MATCHES = 5  # of the areas of a district, as many are named as a worker can ask about


class RiskIndex:
    """The published areas by division, their texts read once."""

    def __init__(self, areas: Iterable[RiskArea], zone: ZoneInfo) -> None:
        self._county: dict[str, list[_Entry]] = defaultdict(list)
        zones: dict[str, dict[Zone, list[_Entry]]] = defaultdict(lambda: defaultdict(list))
        self._zone_codes = divisions().zones.by_code
        self._prefix: dict[str, list[_Entry]] = defaultdict(list)
        self._names: dict[str, tuple[str, ...]] = {}
        for area in areas:
            listed = zone_as_written(area.division, area.province, area.city, area.county)
            entry = _Entry(
                area,
                _read(area, listed),
                area.valid_from.astimezone(zone).date(),
                area.valid_to.astimezone(zone).date() if area.valid_to else None,
            )
            if listed is not None:
                for city in listed.cities:
                    zones[city][listed].append(entry)
            else:
                self._county[area.division].append(entry)
            cities = listed.cities if listed is not None else (area.division[:4],)
            for prefix in {*cities, *(city[:2] for city in cities)}:
                self._prefix[prefix].append(entry)
        for entries in (*self._county.values(), *self._prefix.values()):
            entries.sort(key=_first_shown)
        for of_city in zones.values():
            for entries in of_city.values():
                entries.sort(key=_first_shown)
        # city -> the listed zones that it runs, or that reach into it; province -> what is known by it only
        self._zones = {place: tuple(listed.items()) for place, listed in zones.items()}
        self._in_provinces = any(len(place) == 2 for place in zones)

    def assess(self, stops: Sequence[Stop], days_after: int = 14) -> Assessment:
        """The riskiest stop decides; of several, the stop left last."""
        best = _NO_RISK
        matches: list[AreaMatch] = []
        for number, stop in enumerate(stops):
            assessment = self._assess_stop(number, stop, days_after)
            if assessment is _NO_RISK:
                continue
            matches += assessment.matches
            if _riskier(assessment, best):
                best = assessment
        certainty = best.certainty
        if best.level < RiskLevel.high and not all(stop.sure for stop in stops):
            certainty = "district_only"  # corrected, the stop may be riskier than it is known to be
        return Assessment(best.level, certainty, best.left_on, tuple(matches))

    def _assess_stop(self, number: int, stop: Stop, days_after: int) -> Assessment:
        county, address = stop.division[:6], stop.address
        if len(county) < 6 and address:
            located = divisions().find_in_text(fold(address))
            if located.level != "nowhere" and located.code.startswith(county):
                county = located.code
        entries = self._around(county)
        zones = self._zones.get(county[:4], ()) if len(county) == 6 else ()
        if self._in_provinces and len(county) == 6:
            zones = (*zones, *self._zones.get(county[:2], ()))
        around = self._around_zone(county) if county in self._zone_codes else ()
        if not entries and not zones and not around:
            return _NO_RISK
        end = date.fromordinal(stop.last.toordinal() + days_after)
        if address:
            address = strip_names(fold(address), self._division_names(county))
        by_answer: dict[Answer, list[RiskArea]] = defaultdict(list)
        if len(county) < 6:
            entries, around = (), entries
        for entry in entries:
            if entry.in_force(stop.first, end):
                by_answer[entry.text.answer(address)].append(entry.area)
        for entry in around:
            if entry.in_force(stop.first, end):
                by_answer[answer_nearby(entry.text, address)].append(entry.area)
        for zone, listed in zones:
            nearness = nearness_to(zone, county, address)
            for entry in listed:
                if entry.in_force(stop.first, end):
                    answer = answer_in_zone(entry.text, address, nearness)
                    if answer is not None:
                        by_answer[answer].append(entry.area)
        return _weigh(number, stop, by_answer)

    def _around_zone(self, code: str) -> Sequence[_Entry]:
        """What is listed in the counties in which a zone lies: lists may name them instead of the zone."""
        zone = self._zone_codes[code]
        if not zone.counties:
            return [e for e in self._prefix.get(zone.city, ()) if e.area.division in self._county]
        return [entry for county in zone.counties for entry in self._county.get(county, ())]

    def _around(self, code: str) -> Sequence[_Entry]:
        if len(code) == 6:
            return self._county.get(code, ())
        return self._prefix.get(code, ()) if code else ()

    def _division_names(self, code: str) -> tuple[str, ...]:
        """Province, city and county as an address may begin with them."""
        names = self._names.get(code)
        if names is None:
            table = divisions()
            names = tuple(table.name(code[:n]) for n in (2, 4, 6) if len(code) >= n)
            self._names[code] = names = tuple(n for n in names if n)
        return names


def _first_shown(entry: _Entry) -> tuple[int, str, datetime]:
    return -entry.area.level, entry.area.place, entry.area.valid_from


def _read(area: RiskArea, zone: Zone | None) -> PlaceText:
    names: tuple[str, ...] = (area.province, area.city, area.county)
    text = f"{area.street}{area.place}".replace(area.county, plain(area.county))
    if zone is not None:
        names += divisions().zones.names_of(zone)
    return read_place(text, division_names=names)


def _weigh(number: int, stop: Stop, by_answer: dict[Answer, list[RiskArea]]) -> Assessment:
    """From each area's answer to one level for the stop. Never lower for want of knowledge."""
    located = by_answer[Answer.EXACT] + by_answer[Answer.POSSIBLE]
    sure: Certainty
    if located:
        level = max(area.level for area in located)
        exact = [area for area in by_answer[Answer.EXACT] if area.level == level]
        sure = "exact" if exact else "district_only"
        shown = exact or [area for area in located if area.level == level]
    elif by_answer[Answer.UNKNOWN] or by_answer[Answer.REST]:
        shown = by_answer[Answer.UNKNOWN] + by_answer[Answer.REST]
        level = max(area.level for area in shown)
        # When all else is excluded, the rest of the county is known for sure.
        sure = "district_only" if by_answer[Answer.UNKNOWN] else "exact"
        shown = [area for area in shown if area.level == level][:_UNSURE_MATCHES]
    elif by_answer[Answer.ELSEWHERE]:
        # Another house of a listed place, nothing else listed: the low-risk part of an affected county.
        return Assessment(RiskLevel.low, "district_only", stop.last)
    else:
        return _NO_RISK
    return Assessment(level, sure, stop.last, tuple(AreaMatch(area, number, sure) for area in shown))


def _riskier(one: Assessment, other: Assessment) -> bool:
    def weight(assessment: Assessment) -> tuple[int, bool, date]:
        return assessment.level, assessment.certainty == "exact", assessment.left_on or date.min

    return weight(one) > weight(other)

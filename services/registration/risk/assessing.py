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
from typing import Literal
from zoneinfo import ZoneInfo

from field.words import RiskLevel
from services.registration.places.divisions import divisions
from services.registration.places.spelling import fold
from services.registration.risk.place_text import Answer, PlaceText, read_place, strip_names

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
    division: str  # 6 digits, or 4 where only the city is known (`city_only`)
    valid_from: datetime
    valid_to: datetime | None = None
    street: str = ""  # a municipality's row that names a street where others name the county


@dataclass(frozen=True, slots=True)
class Stop:
    """A stay, from and to by the day. `division` is trimmed to what the table knows; it may be empty.

    :param sure: False where a part of it waits for correction: its risk is to confirm.
    """

    division: str
    address: str
    first: date
    last: date
    sure: bool = True


@dataclass(frozen=True, slots=True)
class AreaMatch:
    area: RiskArea
    stop: int
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class Assessment:
    """The level over all stops. `left_on`: the last day in the riskiest place."""

    level: RiskLevel = RiskLevel.none
    certainty: Certainty = "exact"
    left_on: date | None = None
    matches: tuple[AreaMatch, ...] = ()


@dataclass(frozen=True, slots=True)
class _Entry:
    area: RiskArea
    text: PlaceText
    zone_name: str  # for a city_only area: the zone that an address must name
    first: date
    last: date | None

    def in_force(self, start: date, end: date) -> bool:
        return self.first <= end and (self.last is None or self.last >= start)


_UNSURE_MATCHES = 5  # of the areas of a district, as many are named as a worker can ask about


class RiskIndex:
    """The published areas by division, their texts read once."""

    def __init__(self, areas: Iterable[RiskArea], zone: ZoneInfo) -> None:
        self._county: dict[str, list[_Entry]] = defaultdict(list)
        self._city_only: dict[str, list[_Entry]] = defaultdict(list)
        self._prefix: dict[str, list[_Entry]] = defaultdict(list)
        self._names: dict[str, tuple[str, ...]] = {}
        for area in areas:
            names = (area.province, area.city, area.county)
            entry = _Entry(
                area,
                read_place(f"{area.street}{area.place}", division_names=names),
                "" if len(area.division) == 6 else fold(area.county)[:2],
                area.valid_from.astimezone(zone).date(),
                area.valid_to.astimezone(zone).date() if area.valid_to else None,
            )
            (self._county if len(area.division) == 6 else self._city_only)[area.division].append(entry)
            for length in (2, 4):
                self._prefix[area.division[:length]].append(entry)
        for entries in (*self._county.values(), *self._city_only.values(), *self._prefix.values()):
            entries.sort(key=lambda e: (-e.area.level, e.area.place, e.area.valid_from))

    def assess(self, stops: Sequence[Stop], days_after: int = 14) -> Assessment:
        """The riskiest stop decides; of several, the stop left last."""
        best = Assessment()
        matches: list[AreaMatch] = []
        for number, stop in enumerate(stops):
            assessment = self._assess_stop(number, stop, days_after)
            matches += assessment.matches
            if _riskier(assessment, best):
                best = assessment
        certainty = best.certainty
        if best.level < RiskLevel.high and not all(stop.sure for stop in stops):
            certainty = "district_only"  # corrected, the stop may be riskier than it is known to be
        return Assessment(best.level, certainty, best.left_on, tuple(matches))

    def _assess_stop(self, number: int, stop: Stop, days_after: int) -> Assessment:
        county, address = stop.division[:6], fold(stop.address) if stop.address else ""
        if len(county) < 6 and address:
            located = divisions().find_in_text(address)
            if located.level != "nowhere" and located.code.startswith(county):
                county = located.code
        entries = self._around(county)
        if not entries and not self._city_only.get(county[:4]):
            return Assessment()
        end = date.fromordinal(stop.last.toordinal() + days_after)
        if address:
            address = strip_names(address, self._division_names(county))
        by_answer: dict[Answer, list[RiskArea]] = defaultdict(list)
        for entry in entries:
            if entry.in_force(stop.first, end):
                by_answer[entry.text.answer(address)].append(entry.area)
        if len(county) == 6:
            for entry in self._city_only.get(county[:4], ()):
                # A development zone lies in some county of the city; only the address can say so.
                if entry.in_force(stop.first, end):
                    answer = entry.text.answer(address)
                    if answer >= Answer.POSSIBLE or (entry.zone_name and entry.zone_name in address):
                        by_answer[max(answer, Answer.UNKNOWN)].append(entry.area)
        return _weigh(number, stop, by_answer)

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
        return Assessment()
    return Assessment(level, sure, stop.last, tuple(AreaMatch(area, number, sure) for area in shown))


def _riskier(one: Assessment, other: Assessment) -> bool:
    def weight(assessment: Assessment) -> tuple[int, bool, date]:
        return assessment.level, assessment.certainty == "exact", assessment.left_on or date.min

    return weight(one) > weight(other)

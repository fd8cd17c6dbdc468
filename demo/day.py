"""A realistic day of arrivals, with the outcome that a right system comes to.

    sample = Day(arrivals=1000, day=date(2022, 10, 1), seed=7)
    for line in sample: ...            # CloudEvents, and a few broken messages, in order of time
    sample.truth.as_dict()             # complete once the lines were read

The same arguments give the same bytes. Memory does not grow with the number of lines but for the identity
numbers already given (about 10 MB for 100,000 arrivals).
"""

from __future__ import annotations

import heapq
import random
import uuid
from collections import Counter, deque
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from demo.geography import Destinations, Home, Origins, Stop
from demo.mistakes import BROKEN, MISTAKES
from demo.people import People, Person

Line = dict[str, Any]

_LEVELS = ("none", "county_only", "medium", "high")
# publisher, path under it, source_kind, how often it reports first, how often second
_SOURCES: tuple[tuple[Any, ...], ...] = (
    ("rail-lanzhou", "arrivals", "transport", 38, 5),
    ("air-lanzhou", "landings", "transport", 16, 4),
    ("police-chengguan", "checkpoints", "police", 12, 30),
    ("selfreg", "page", "self", 16, 30),
    ("lodging-chengguan", "hotels", "lodging", 10, 20),
    ("employers-chengguan", "returns", "employer", 5, 5),
    ("grid-chengguan", "sweeps", "grid", 3, 6),
)
# How many arrivals come in each hour from midnight on.
_HOURS = (2, 1, 1, 1, 1, 2, 4, 6, 8, 8, 7, 7, 7, 6, 7, 8, 9, 9, 8, 7, 7, 6, 5, 3)


@dataclass(frozen=True, slots=True)
class Shares:
    """Of what kind the arrivals are, as parts of 1. All 0 but `risky` gives plain, clean load."""

    second_report: float = 0.15
    invalid: float = 0.02
    broken: float = 0.005
    repeated: float = 0.005  # sent twice, to the letter
    households: float = 0.30
    expected: float = 0.10
    risky: float = 0.12
    unknown_destination: float = 0.04
    elsewhere_too: float = 0.01  # somebody already seen comes to another community


PLAIN = Shares(0, 0, 0, 0, 0, 0, 0.12, 0, 0)


@dataclass(slots=True)
class Truth:
    """The right outcome of the day. Counts are of distinct reports; `repeats` are copies on top of them.

    comings          distinct arrivals of one person at one place
    merged_reports   valid reports whose person's coming an earlier report already told
    from_risk        comings by the riskiest of their stops, as the sample list has it
    rejected         event id → the fields and reason codes that must be named
    """

    reports: int = 0
    comings: int = 0
    persons: int = 0
    invalid: int = 0
    broken: int = 0
    merged_reports: int = 0
    repeats: int = 0
    unplaced: int = 0
    risk_raised_later: int = 0
    from_risk: Counter[str] = field(default_factory=Counter)
    by_publisher: Counter[str] = field(default_factory=Counter)
    broken_kinds: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    rejected: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def add(self, other: Truth) -> None:
        """What another day led to, beside this one."""
        for name in self.__slots__:
            so_far, more = getattr(self, name), getattr(other, name)
            if isinstance(so_far, dict):
                so_far.update(more)  # of a Counter: adds
            else:
                setattr(self, name, so_far + more)

    def as_dict(self) -> dict[str, Any]:
        return {
            "lines": self.reports + self.repeats + self.broken,
            "reports": self.reports,
            "comings": self.comings,
            "persons": self.persons,
            "accepted": self.reports - self.invalid,
            "merged_reports": self.merged_reports,
            "invalid": self.invalid,
            "broken": self.broken,
            "repeats": self.repeats,
            "unplaced": self.unplaced,
            "risk_raised_later": self.risk_raised_later,
            "from_risk": {level: self.from_risk[level] for level in reversed(_LEVELS)},
            "by_publisher": dict(sorted(self.by_publisher.items())),
            "broken_kinds": dict(sorted(self.broken_kinds.items())),
            "reasons": dict(sorted(self.reasons.items())),
        }


@dataclass(slots=True)
class _Family:
    """People who come together, from where to where; a second report is made from it."""

    people: list[Person]
    stops: list[tuple[Stop, date, date]]  # with first and last day
    home: Home | None
    at: datetime
    expected: bool


class Day:
    """`now` bounds the times: all lie in the day's part (of 24 h at most) before it. Iterate once."""

    def __init__(
        self,
        arrivals: int = 1000,
        day: date = date(2022, 10, 1),
        district: str = "620102",
        seed: int = 7,
        now: datetime | None = None,
        *,
        shares: Shares | None = None,
        origins: Origins | None = None,
        destinations: Destinations | None = None,
        zone: str = "Asia/Shanghai",
    ) -> None:
        self._zone = ZoneInfo(zone)
        midnight = datetime(day.year, day.month, day.day, tzinfo=self._zone)
        day_end = midnight + timedelta(days=1)
        self._end = min(now.astimezone(self._zone), day_end) if now else day_end
        self._start = midnight
        if self._end <= midnight:
            raise ValueError(f"now ({self._end.isoformat()}) must be after the day begins")
        self.truth = Truth()
        self._arrivals = arrivals
        self._shares = shares or Shares()
        self._rng = random.Random(f"{seed} {arrivals} {day} {district}")
        self._people = People(self._rng, day)
        self._origins = origins or Origins.shipped(district)
        self._destinations = destinations or Destinations.shipped(district)
        self._seen: deque[tuple[Person, str]] = deque(maxlen=200)
        self._later: list[tuple[datetime, int, Line]] = []  # heap of what is sent after its first report
        self._number = 0
        self._mistake = 0
        self._destinations.homes  # noqa: B018  - a district without communities is told at once

    def __iter__(self) -> Iterator[Line]:
        shares, rng = self._shares, self._rng
        while self.truth.comings < self._arrivals:
            moment = self._moment(self.truth.comings / self._arrivals)
            yield from self._due(moment)
            family = self._family(moment, self._arrivals - self.truth.comings)
            first = self._first(family, moment)
            yield first
            if self._lacks(self.truth.repeats, shares.repeated):
                self.truth.repeats += 1
                self._push(self._after(moment, 300), first)
            if rng.random() < shares.second_report:
                self._second(family, moment)
            while self._lacks(self.truth.invalid, shares.invalid):
                yield self._invalid(moment)
            while self._lacks(self.truth.broken, shares.broken):
                yield self._broken(moment)
        yield from self._due(None)

    def _lacks(self, made: int, share: float) -> bool:
        """Kept exactly, not by chance, so that a small day has its part of everything."""
        return made < int(self.truth.comings * share + 1e-9)

    # --- reports --------------------------------------------------------------------------------------

    def _first(self, family: _Family, moment: datetime) -> Line:
        truth = self.truth
        truth.comings += len(family.people)
        truth.from_risk[_riskiest(family.stops)] += len(family.people)
        truth.unplaced += len(family.people) if family.home is None else 0
        return self._report(family, moment, self._source(3), family.at)

    def _second(self, family: _Family, moment: datetime) -> None:
        """Another source tells the same coming: alike, with less, or with a stop more."""
        if family.home is None:  # nobody can tell that two unknown places are one
            return
        rng = self._rng
        told = self._after(moment, 6 * 3600)
        at = (
            min(family.at + timedelta(minutes=rng.randint(-90, 90)), told)
            if not family.expected
            else family.at
        )
        people = family.people if rng.random() < 0.7 else family.people[:1]
        stops = list(family.stops)
        if rng.random() < 0.4 and people == family.people:
            extra = self._origins.risky(rng) if rng.random() < 0.5 else self._origins.safe(rng)
            stops.append((extra, stops[-1][2], stops[-1][2]))
        before, after = _riskiest(family.stops), _riskiest(stops)
        self.truth.from_risk[before] -= len(people)
        self.truth.from_risk[after] += len(people)
        self.truth.risk_raised_later += len(people) if after != before else 0
        again = _Family(people, stops, family.home, at, family.expected)
        self.truth.merged_reports += 1
        self._push(told, self._report(again, told, self._source(4), at))

    def _report(self, family: _Family, told: datetime, source: tuple[Any, ...], at: datetime) -> Line:
        rng = self._rng
        publisher, path, kind = source[:3]
        train = kind == "transport" and publisher.startswith("rail")
        head, *companions = family.people
        where = self._destinations.write(rng, family.home) if family.home else self._destinations.unknown(rng)
        data: dict[str, Any] = {
            "source_kind": kind,
            "reference": f"{rng.randrange(10**8):08d}",
            "person": head.as_reported(),
            "companions": [person.as_reported() for person in companions],
            "stops": [
                {
                    "division": stop.division,
                    "address": stop.address,
                    "from": first.isoformat(),
                    "to": last.isoformat(),
                }
                for stop, first, last in family.stops
            ],
            "transport": {
                "mode": "train" if train else "plane",
                "number": f"G{rng.randint(2000, 2999)}" if train else f"MU{rng.randint(2100, 2499)}",
                "carriage": f"{rng.randint(1, 16):02d}" if train else None,
                "seat": f"{rng.randint(1, 20)}{rng.choice('ABCDF')}",
            }
            if kind == "transport"
            else None,
            "arrival": {"at": at.isoformat(), "expected": family.expected},
            "destination": where,
            "remarks": None,
            "language": "en" if head.identity_type == "passport" else "zh-CN",
        }
        self.truth.reports += 1
        self.truth.by_publisher[publisher] += 1
        return self._event(publisher, path, told, data)

    def _event(self, publisher: str, path: str, told: datetime, data: dict[str, Any]) -> Line:
        return {
            "specversion": "1.0",
            "id": str(uuid.UUID(int=self._rng.getrandbits(128), version=4)),
            "source": f"/{publisher}/{path}",
            "type": "arrival.reported",
            "time": told.isoformat(),
            "datacontenttype": "application/json",
            "data": data,
        }

    def _invalid(self, moment: datetime) -> Line:
        """A stranger's report with something wrong in it: no coming until it is corrected."""
        people: list[Person] = []
        while len(people) < 2:
            person = self._people.adult()
            if person.identity_type == "resident_id":
                people.append(person)
        stops = self._itinerary([self._origins.safe(self._rng)], moment.date())
        shape = _Family(people, stops, None, moment, False)
        event = self._report(shape, moment, self._source(3), moment)
        make = MISTAKES[self._mistake % len(MISTAKES)]
        self._mistake += 1
        wrong = make(event["data"], moment)
        self.truth.invalid += 1
        self.truth.rejected[event["id"]] = wrong
        self.truth.reasons.update(code for _field, code in wrong)
        return event

    def _broken(self, moment: datetime) -> Line:
        kinds = list(BROKEN)
        kind = kinds[self.truth.broken % len(kinds)]
        publisher, path, source_kind, *_ = self._source(3)
        stops = self._itinerary([self._origins.safe(self._rng)], moment.date())
        family = _Family([self._people.adult()], stops, None, moment, False)
        reports, by_publisher = self.truth.reports, Counter(self.truth.by_publisher)
        event = self._report(family, moment, (publisher, path, source_kind), moment)
        self.truth.reports, self.truth.by_publisher = reports, by_publisher
        body, content_type = BROKEN[kind](event)
        self.truth.broken += 1
        self.truth.broken_kinds[kind] += 1
        return {"broken": {"body": body, "content_type": content_type, "publisher": publisher, "why": kind}}

    # --- what they are made of ------------------------------------------------------------------------

    def _family(self, moment: datetime, room: int) -> _Family:
        rng, shares, truth = self._rng, self._shares, self.truth
        expected = rng.random() < shares.expected
        at = moment - timedelta(minutes=rng.randint(3, 90))
        if expected:
            at = moment + timedelta(hours=rng.randint(6, 70))
        left = min(at, moment).date()
        home = None if rng.random() < shares.unknown_destination else self._destinations.home(rng)
        if self._seen and home and rng.random() < shares.elsewhere_too:
            person, community = rng.choice(self._seen)
            if community != home.community:
                self._seen.remove((person, community))
                return _Family([person], self._itinerary([self._stop()], left), home, at, expected)
        people = [self._people.adult()]
        if rng.random() < shares.households:
            people += [self._people.companion(people[0]) for _ in range(rng.choice((1, 1, 1, 2, 2, 3)))]
        people = people[:room]
        truth.persons += len(people)
        if len(people) == 1 and home is not None:
            self._seen.append((people[0], home.community))
        stops = self._itinerary([self._stop() for _ in range(rng.choice((1, 1, 1, 2)))], left)
        return _Family(people, stops, home, at, expected)

    def _stop(self) -> Stop:
        if self._rng.random() < self._shares.risky:
            return self._origins.risky(self._rng)
        return self._origins.safe(self._rng)

    def _itinerary(self, stops: list[Stop], last: date) -> list[tuple[Stop, date, date]]:
        """The stops one after another, within 14 days, the last of them up to the journey."""
        dated: list[tuple[Stop, date, date]] = []
        for stop in reversed(stops):
            first = last - timedelta(days=self._rng.randint(1, 6 if len(stops) > 1 else 13))
            dated.insert(0, (stop, first, last))
            last = first
        return dated

    def _source(self, weight: int) -> tuple[Any, ...]:
        return self._rng.choices(_SOURCES, [float(source[weight]) for source in _SOURCES])[0]

    # --- time -----------------------------------------------------------------------------------------

    def _moment(self, part: float) -> datetime:
        """The moment by which this part of the day's arrivals has been reported; never goes back."""
        length = (self._end - self._start).total_seconds()
        hours = _HOURS[: max(1, round(length / 3600))]
        wanted = part * sum(hours)
        for hour, weight in enumerate(hours):
            if wanted <= weight:
                return self._start + timedelta(seconds=int((hour + wanted / weight) * length / len(hours)))
            wanted -= weight
        return self._end

    def _after(self, moment: datetime, most: int) -> datetime:
        room = int((self._end - moment).total_seconds())
        return moment + timedelta(seconds=min(self._rng.randint(60, most), room))

    def _push(self, moment: datetime, line: Line) -> None:
        self._number += 1
        heapq.heappush(self._later, (moment, self._number, deepcopy(line)))

    def _due(self, moment: datetime | None) -> Iterator[Line]:
        while self._later and (moment is None or self._later[0][0] <= moment):
            yield heapq.heappop(self._later)[2]


def _riskiest(stops: list[tuple[Stop, date, date]]) -> str:
    return max((stop.level for stop, _first, _last in stops), key=_LEVELS.index)


def line_bytes(line: Line) -> bytes:
    """One line of the file."""
    return orjson.dumps(line) + b"\n"

"""Several reports of one coming are one arrival.

The same person, coming to the same destination within 48 hours. An arrival is always computed from all its
reports in one order (event time, source, id), so the order in which they came makes no difference. It does to
which arrival a report is joined, where a person came several times in a few days: the 48 hours count from the
arrival's time, which its reports move. Then two arrivals are near each other, and staff are asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.registration.domain.placing import Placement
from services.registration.domain.reports import Person, Report
from services.registration.domain.risk import Stop

SAME_COMING = timedelta(hours=48)


Order = tuple[datetime, str, str, int]
"""(event time, source, event id, position among the people)."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What one report says of one of its people."""

    order: Order
    report_id: str
    report: Report
    person: Person
    placement: Placement


@dataclass(frozen=True, slots=True)
class Coming:
    """One person's coming to one place, from all statements about it."""

    person: Person
    arrived_at: datetime
    expected: bool
    stops: tuple[Stop, ...]
    division: str
    address: str
    language: str
    placement: Placement
    source_kinds: tuple[str, ...]
    reports: int


@dataclass(frozen=True, slots=True)
class Known:
    """An arrival that a statement may belong to.

    :param told: the times that its statements give.
    """

    arrival_id: str
    arrived_at: datetime
    place_key: str
    placed: bool
    told: frozenset[datetime]

    def is_near(self, moment: datetime) -> bool:
        return any(abs(one - moment) <= SAME_COMING for one in self.told)


def is_same_coming(arrived_at: datetime, place_key: str, known: Known) -> bool:
    return known.place_key == place_key and abs(known.arrived_at - arrived_at) <= SAME_COMING


def choose(arrived_at: datetime, place_key: str, known: Iterable[Known]) -> Known | None:
    """The arrival that a statement belongs to: the earliest that fits."""
    fitting = (one for one in known if is_same_coming(arrived_at, place_key, one))
    return min(fitting, key=lambda one: (one.arrived_at, one.arrival_id), default=None)


def doubt(one: Known, other: Known) -> str | None:
    """Why two arrivals of one person may be one coming: any report of one is within 48 hours of any of the
    other, and they went to the same place, or of one of them nobody knows where."""
    if one.place_key != other.place_key and one.placed and other.placed:
        return None
    if not any(map(other.is_near, one.told)):
        return None
    return "fits_two_arrivals" if one.place_key == other.place_key else "destination_unclear"


def fold_statements(statements: Iterable[Statement]) -> Coming:
    """One coming out of all that is said about it. What is actual outweighs what was expected."""
    ordered = sorted(statements, key=lambda one: one.order)
    first = ordered[0]
    if len(ordered) == 1:
        report = first.report
        return Coming(
            first.person,
            report.arrived_at,
            report.expected,
            tuple(sorted(report.stops, key=_stop_order)),
            report.division,
            report.address,
            report.language or "zh-CN",
            first.placement,
            (report.source_kind,),
            1,
        )
    actual = [one.report.arrived_at for one in ordered if not one.report.expected]
    stops = {stop for one in ordered for stop in one.report.stops}
    placed = min(
        ordered, key=lambda one: (one.placement.grid is None, one.placement.community is None, one.order)
    )
    return Coming(
        person=_fold_person([one.person for one in ordered]),
        arrived_at=min(actual or (one.report.arrived_at for one in ordered)),
        expected=not actual,
        stops=tuple(sorted(stops, key=_stop_order)),
        division=max((one.report.division for one in ordered), key=len),
        address=next((one.report.address for one in (placed, *ordered) if one.report.address), ""),
        language=next((one.report.language for one in ordered if one.report.language), "zh-CN"),
        placement=placed.placement,
        source_kinds=tuple(sorted({one.report.source_kind for one in ordered})),
        reports=len({one.report_id for one in ordered}),
    )


def _fold_person(people: Sequence[Person]) -> Person:
    """Each field from the first report that gives it; type and number of the document from one report."""
    person = people[0]
    for other in people[1:]:
        if other.identity_number and not person.identity_number:
            person = replace(person, identity_type=other.identity_type, identity_number=other.identity_number)
        person = replace(
            person,
            name=person.name or other.name,
            identity_type=person.identity_type or other.identity_type,
            phone=person.phone or other.phone,
            birth_date=person.birth_date or other.birth_date,
            sex=person.sex or other.sex,
            nationality=person.nationality or other.nationality,
        )
    return person


def _stop_order(stop: Stop) -> tuple[object, ...]:
    return stop.first, stop.last, stop.division, stop.address

"""One coming from all statements about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.registration.persons.person import Person
from services.registration.places.placing import Placement
from services.registration.reports.statement import Statement
from services.registration.risk.assessing import Stop


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

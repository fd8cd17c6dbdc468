"""All statements about one coming, folded into one account of it.

The order of the statements decides, never the order in which they came in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from field.words import LANGUAGES
from services.registration.persons.person import Person
from services.registration.places.placing import Placement
from services.registration.reports.statement import Statement
from services.registration.risk.assessing import Stop

_LANGUAGE = LANGUAGES[0]


@dataclass(frozen=True, slots=True)
class Coming:
    """One person's coming to one place, from all statements about it.

    :param contact: who is called for a person without a phone, where somebody of the same report has one.
    """

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
    contact: Person | None = None


def fold_statements(statements: Iterable[Statement]) -> Coming:
    """One coming out of all its statements. An actual time outweighs an expected one."""
    ordered = sorted(statements, key=lambda statement: statement.order)
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
            report.language or _LANGUAGE,
            first.placement,
            (report.source_kind,),
            1,
            _contact(first.person, ordered),
        )
    reports = [statement.report for statement in ordered]
    actual = [report.arrived_at for report in reports if not report.expected]
    stops = {stop for report in reports for stop in report.stops}
    best_placed = min(ordered, key=_how_well_placed)
    person = _fold_persons([statement.person for statement in ordered])
    return Coming(
        person=person,
        arrived_at=min(actual or (report.arrived_at for report in reports)),
        expected=not actual,
        stops=tuple(sorted(stops, key=_stop_order)),
        division=max((report.division for report in reports), key=len),
        address=next((report.address for report in (best_placed.report, *reports) if report.address), ""),
        language=next((report.language for report in reports if report.language), _LANGUAGE),
        placement=best_placed.placement,
        source_kinds=tuple(sorted({report.source_kind for report in reports})),
        reports=len({statement.report_id for statement in ordered}),
        contact=_contact(person, ordered),
    )


def _contact(person: Person, ordered: Sequence[Statement]) -> Person | None:
    if person.phone:
        return None
    found = (statement.report.contact_of(statement.position) for statement in ordered)
    return next(filter(None, found), None)


def _how_well_placed(statement: Statement) -> tuple[object, ...]:
    placement = statement.placement
    return placement.grid is None, placement.community is None, statement.order


def _fold_persons(persons: Sequence[Person]) -> Person:
    """Each field from the first report that gives it; type and number of the document from one report."""
    person = persons[0]
    for other in persons[1:]:
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
    return stop.first, stop.last, stop.division, stop.address, not stop.sure

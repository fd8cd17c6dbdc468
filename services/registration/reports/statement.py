"""A statement: one report about one of its people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.registration.persons.person import Person
from services.registration.places.placing import Placement
from services.registration.reports.report import Report

Order = tuple[datetime, str, str, int]
"""(event time, source, event id, position among the people)."""


@dataclass(slots=True, unsafe_hash=True)
class Statement:
    """
    :param placement: the doorstep of the report's destination.
    :param replaces: the report that this one corrects, where some of it was acted upon already.
    :param belongs_to: the arrival that that report led to.
    :param waits: a part of its report waits for correction.
    :param household: the one that the person is said to belong to.
    """

    order: Order
    report_id: str
    report: Report
    person: Person
    placement: Placement
    replaces: str | None = None
    belongs_to: str | None = None
    waits: bool = False
    household: str | None = None

    @property
    def position(self) -> int:
        """Among the people of the report."""
        return self.order[3]

    @property
    def publisher(self) -> str:
        """Whoever reports it: the first part of the event's source."""
        return self.order[1].strip("/").partition("/")[0]


@dataclass(frozen=True, slots=True)
class Told:
    """What the reports kept so far say of an arrival.

    :param unread: how many reports there are beside those whose statements these are.
    """

    statements: Sequence[Statement]
    unread: int = 0


def statements_of(
    report: Report,
    report_id: str,
    placement: Placement,
    *,
    time: datetime,
    source: str,
    event_id: str,
    waits: bool = False,
) -> list[Statement]:
    """One statement for each of its people who can be known."""
    return [
        Statement((time, source, event_id, position), report_id, report, person, placement, waits=waits)
        for position, person in enumerate(report.people)
        if person.is_identifiable or report.leans_on(position) is not None
    ]

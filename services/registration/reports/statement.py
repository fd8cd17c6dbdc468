"""A statement: one report about one of its people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.registration.persons.person import Person
from services.registration.places.placing import Placement
from services.registration.reports.report import Report

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

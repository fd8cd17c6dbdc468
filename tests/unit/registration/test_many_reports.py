"""A person whom a gate reports hundreds of times costs no more a report than others."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis.sealing import BlindIndex
from services.registration.arrivals.join_statements import join_statements
from services.registration.arrivals.known_arrivals import KnownArrivals
from services.registration.persons.claims import PersonMatch
from services.registration.persons.person import Person
from services.registration.places.placing import Placement
from services.registration.reports.report import Report
from services.registration.reports.statement import Statement

AT = datetime(2022, 10, 1, 6, tzinfo=UTC)
PERSON = Person(name="王一", phone="13909311234")
REPORT = Report("gate", (PERSON,), (), AT, False, "620102002", "", None, None)


def passage(number: int) -> Statement:
    at = AT + timedelta(minutes=number)
    report = replace(REPORT, arrived_at=at)
    order = (at, "/gate/a", f"{number:04}", 0)
    return Statement(order, f"r{number}", report, report.people[0], Placement("s", "c", "g", "name"))


def join(passages: list[Statement]) -> None:
    ids = {said.order: said.report_id for said in passages}
    persons = [PersonMatch("p")] * len(passages)
    joined = join_statements(BlindIndex(b"i" * 32), KnownArrivals(), passages, persons, {}, ids)
    assert set(joined.arrival_of.values()) == {"r0"}


def steps(work: Callable[[], Any]) -> int:
    """How many functions of Python it calls."""
    count = 0

    def called(_frame: object, event: str, _arg: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def test_twice_as_many_reports_of_one_person_are_twice_the_work() -> None:
    passages = [passage(number) for number in range(400)]
    half, whole = steps(lambda: join(passages[:200])), steps(lambda: join(passages))
    assert whole < 2.2 * half

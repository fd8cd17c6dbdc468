"""Judging a report: what of it can be acted on now, and what waits for correction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from contracts.envelope import Event
from contracts.faults import Fault
from contracts.registry import read_data
from services.registration.reports.checks import (
    check_event_time,
    check_report,
    check_source,
    check_who_remains,
    who_waits,
)
from services.registration.reports.flaws import condemns, without_flaws
from services.registration.reports.report import Report, read_report

# The length of a list is looked at once its entries are sound.
_ROUNDS = 3


def judge(event: Event, now: datetime, zone: ZoneInfo) -> tuple[Report | None, list[Fault]]:
    """The sound part of a report, None where nobody can act on any of it; and all its faults."""
    faults = [*check_source(event), *check_event_time(event.time, now)]
    if not event.problems:
        report = read_report(event.data)
        faults += check_report(report, event.data, now, zone)
        if not faults:
            return report, faults
    else:
        problems = _all_problems(event)
        faults += problems
        if any(map(condemns, problems)):
            return None, faults
        report = read_report(event.data, problems)
        named = {problem.where for problem in problems} | who_waits(problems)
        loaded = without_flaws(event.data, problems).data
        found = check_report(report, loaded, now, zone)
        faults += (fault for fault in found if fault.where not in named)
    if any(map(condemns, faults)):
        return None, faults
    faults += check_who_remains(read_report(event.data, faults), faults)
    report = read_report(event.data, faults)
    is_known = any(person.is_identifiable for person in report.people)
    return report if is_known and not any(map(condemns, faults)) else None, faults


def _all_problems(event: Event) -> Sequence[Fault]:
    """All that breaks the contract. Where it cannot be left out, the last one is about the whole."""
    problems = list(event.problems)
    for _ in range(_ROUNDS):
        if any(map(condemns, problems)):
            return problems
        more = read_data(event.with_data(without_flaws(event.data, problems).data)).problems
        if not more:
            return problems
        problems += more
    return [*problems, Fault("data", "contract", "is not what the contract asks for")]

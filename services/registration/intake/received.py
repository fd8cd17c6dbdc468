"""A report in hand: checked, taken in, kept and answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from chassis.database.statements import insert_rows
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from contracts.faults import Fault
from services.registration.arrivals.catalogue import Catalogue
from services.registration.arrivals.register_arrivals import register
from services.registration.reports.checks import (
    check_event_time,
    check_report,
    check_source,
    is_possible_time,
)
from services.registration.reports.report import read_report
from services.registration.reports.statement import Statement
from services.registration.reports.tables import companion_arrivals, reports

PURPOSE = "report"


@dataclass(slots=True)
class Received:
    """One report in hand. Without reasons it is good, and `statements` holds one for each of its people."""

    report_id: str
    event: Event
    reasons: list[Fault]
    statements: list[Statement]
    arrival_ids: list[str] = field(default_factory=list)
    outcome: str = "needs_correction"
    corrects: str | None = None
    corrected_by: str | None = None


def check(uow: UnitOfWork, catalogue: Catalogue, event: Event) -> Received:
    reasons: list[Fault] = [
        *check_source(event),
        *check_event_time(event.time, uow.now),
        *event.problems,
    ]
    report_id = new_id()
    if event.problems:
        return Received(report_id, event, reasons, [])
    report = read_report(event.data)
    reasons += check_report(report, event.data, uow.now, uow.zone)
    if reasons:
        return Received(report_id, event, reasons, [])
    placement = catalogue.places.find(report.division, report.address)
    statements = [
        Statement((event.time, event.source, event.id, position), report_id, report, person, placement)
        for position, person in enumerate(report.people)
    ]
    return Received(report_id, event, reasons, statements)


def take(uow: UnitOfWork, catalogue: Catalogue, received: Sequence[Received]) -> None:
    good = sorted((one for one in received if not one.reasons), key=lambda one: one.statements[0].order)
    if good:
        causes = {one.report_id: one.event for one in good}
        registered = register(uow, catalogue, [s for one in good for s in one.statements], causes)
        for one in good:
            one.arrival_ids = [registered.arrival_of[s.order] for s in one.statements]
            one.outcome = "registered" if registered.is_first(one.report_id, one.arrival_ids[0]) else "merged"
    _keep(uow, received)
    for one in received:
        if one.event.publisher:
            reply(uow, one)


def _keep(uow: UnitOfWork, received: Sequence[Received]) -> None:
    insert_rows(uow.conn, reports, [_row(uow, one) for one in received])
    insert_rows(
        uow.conn,
        companion_arrivals,
        [
            {"report_id": one.report_id, "position": position, "arrival_id": arrival_id}
            for one in received
            for position, arrival_id in enumerate(one.arrival_ids)
            if position
        ],
    )


def _row(uow: UnitOfWork, one: Received) -> dict[str, Any]:
    event = one.event
    return {
        "id": one.report_id,
        "source": event.source,
        "event_id": event.id,
        "publisher": event.publisher,
        "reported_at": event.time if is_possible_time(event.time, uow.now) else uow.now,
        "received_at": uow.now,
        "outcome": one.outcome,
        "arrival_id": one.arrival_ids[0] if one.arrival_ids else None,
        "reasons": [reason.as_dict() for reason in one.reasons] or None,
        "sealed": uow.sealer.seal(event.raw, PURPOSE),
        "correlation_id": event.correlationid,
        "corrects": one.corrects,
        "corrected_by": one.corrected_by,
    }


def reply(uow: UnitOfWork, one: Received) -> None:
    event, publisher = one.event, one.event.publisher
    assert publisher is not None
    told: dict[str, Any] = {
        "report_id": one.report_id,
        "event": {"source": event.source, "id": event.id},
        "received_at": uow.now,
    }
    if one.reasons:
        told["reasons"] = [reason.as_dict() for reason in one.reasons]
        uow.reply(publisher, "report.rejected", one.report_id, told, cause=event)
    else:
        told["outcome"], told["arrival_ids"] = one.outcome, one.arrival_ids
        uow.reply(publisher, "report.accepted", one.report_id, told, cause=event)

"""Reports in hand: checked, joined to their arrivals, kept and answered."""

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
from services.registration.arrivals.register_arrivals import register_arrivals
from services.registration.intake.answers import accept, reject
from services.registration.reports.checks import (
    check_event_time,
    check_report,
    check_source,
    is_possible_time,
)
from services.registration.reports.report import SEAL_PURPOSE, read_report
from services.registration.reports.statement import Statement, statements_of
from services.registration.reports.tables import companion_arrivals, reports


@dataclass(slots=True)
class Received:
    """
    :param faults: why it needs correction; none where it is sound.
    :param statements: of a sound report, one for each of its people.
    :param arrival_ids: of a sound report, the arrival of each of its people.
    :param corrects: the report that it was resubmitted for.
    """

    report_id: str
    event: Event
    faults: list[Fault]
    statements: list[Statement] = field(default_factory=list)
    arrival_ids: list[str] = field(default_factory=list)
    outcome: str = "needs_correction"
    corrects: str | None = None
    corrected_by: str | None = None

    def as_row(self, uow: UnitOfWork) -> dict[str, Any]:
        event = self.event
        return {
            "id": self.report_id,
            "source": event.source,
            "event_id": event.id,
            "publisher": event.publisher,
            "reported_at": event.time if is_possible_time(event.time, uow.now) else uow.now,
            "received_at": uow.now,
            "outcome": self.outcome,
            "arrival_id": self.arrival_ids[0] if self.arrival_ids else None,
            "reasons": [fault.as_dict() for fault in self.faults] or None,
            "sealed": uow.sealer.seal(event.raw, SEAL_PURPOSE),
            "correlation_id": event.correlationid,
            "corrects": self.corrects,
            "corrected_by": self.corrected_by,
        }


def check(uow: UnitOfWork, catalogue: Catalogue, event: Event) -> Received:
    received = Received(new_id(), event, [*check_source(event), *check_event_time(event.time, uow.now)])
    if event.problems:
        received.faults += event.problems
        return received
    report = read_report(event.data)
    received.faults += check_report(report, event.data, uow.now, uow.zone)
    if not received.faults:
        received.statements = statements_of(
            report,
            received.report_id,
            catalogue.places.find(report.division, report.address),
            time=event.time,
            source=event.source,
            event_id=event.id,
        )
    return received


def take_in(uow: UnitOfWork, catalogue: Catalogue, reports_in_hand: Sequence[Received]) -> None:
    """Register the arrivals of the sound reports, keep all reports, and answer their publishers."""
    sound = [received for received in reports_in_hand if not received.faults]
    if sound:
        _register(uow, catalogue, sorted(sound, key=lambda received: received.statements[0].order))
    _keep(uow, reports_in_hand)
    for received in reports_in_hand:
        if received.faults:
            reject(uow, received.event, received.report_id, received.faults)
        else:
            accept(uow, received.event, received.report_id, received.outcome, received.arrival_ids)


def _register(uow: UnitOfWork, catalogue: Catalogue, sound: Sequence[Received]) -> None:
    statements = [statement for received in sound for statement in received.statements]
    causes = {received.report_id: received.event for received in sound}
    joined = register_arrivals(uow, catalogue, statements, causes)
    for received in sound:
        received.arrival_ids = [joined.arrival_of[statement.order] for statement in received.statements]
        is_first = joined.is_first(received.report_id, received.arrival_ids[0])
        received.outcome = "registered" if is_first else "merged"


def _keep(uow: UnitOfWork, reports_in_hand: Sequence[Received]) -> None:
    insert_rows(uow.conn, reports, [received.as_row(uow) for received in reports_in_hand])
    companions = [
        {"report_id": received.report_id, "position": position, "arrival_id": arrival_id}
        for received in reports_in_hand
        for position, arrival_id in enumerate(received.arrival_ids)
        if position
    ]
    insert_rows(uow.conn, companion_arrivals, companions)

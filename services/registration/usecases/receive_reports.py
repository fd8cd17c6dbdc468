"""When a report comes: keep it, check it, join it to the arrival it is about or register a new one, weigh
the risk of every stop, find the doorstep and the worker, and tell the source what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, update

from chassis.database.statements import insert_rows
from chassis.errors import Wrong
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from contracts.faults import Fault
from contracts.registry import read_data
from services.registration.domain.checks import check_event_time, check_report, check_source, is_possible_time
from services.registration.domain.merging import Statement
from services.registration.domain.reports import read_report
from services.registration.tables import companion_arrivals, reports
from services.registration.usecases.catalogue import Catalogue, read_catalogue
from services.registration.usecases.register import register

PURPOSE = "report"
_REUSED = Fault(
    "id", "id_reused", "the same source and id came before with other content: send it under a new id"
)


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


def receive_reports(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """The hot path: a batch of reports in a handful of statements."""
    catalogue = read_catalogue(uow)
    _take(uow, catalogue, [_check(uow, catalogue, event) for event in events])


def refuse_reused_ids(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Corrected or not: what comes under an id that was used for something else is another report."""
    for event in events:
        if event.publisher:
            _reply(uow, Received(new_id(), event, [_REUSED], []))


def correct_report(uow: UnitOfWork, report_id: str, data: Mapping[str, Any], by: str) -> str:
    """Resubmit a report that needs correction, with new data. Both are kept.

    :param data: the whole data of the event, as JSON would hold it.
    :param by: who corrected it (a staff_id or a log-in).
    :returns: the id of the new report, whose outcome says whether it is good now.
    """
    row = uow.conn.execute(select(reports).where(reports.c.id == report_id).with_for_update()).first()
    if row is None:
        raise Wrong(f"there is no report {report_id}")
    if row.outcome != "needs_correction":
        raise Wrong(f"report {report_id} does not need correction: it is {row.outcome}")
    raw = {**uow.sealer.unseal(row.sealed, PURPOSE), "data": dict(data)}
    event = read_data(
        Event(
            id=row.event_id,
            source=row.source,
            type="arrival.reported",
            subject=raw.get("subject"),
            time=row.reported_at,
            data=dict(data),
            correlationid=row.correlation_id,
            traceparent=raw.get("traceparent"),
            raw=raw,
            publisher=row.publisher,
        )
    )
    uow.conn.execute(update(reports).where(reports.c.id == report_id).values(outcome="corrected"))
    catalogue = read_catalogue(uow)
    received = _check(uow, catalogue, event)
    received.corrects, received.corrected_by = report_id, by
    _take(uow, catalogue, [received])
    return received.report_id


def _check(uow: UnitOfWork, catalogue: Catalogue, event: Event) -> Received:
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


def _take(uow: UnitOfWork, catalogue: Catalogue, received: Sequence[Received]) -> None:
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
            _reply(uow, one)


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


def _reply(uow: UnitOfWork, one: Received) -> None:
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


__all__ = ["PURPOSE", "correct_report", "receive_reports", "refuse_reused_ids"]

"""When somebody corrects a report: take it in again with the new data, and keep both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, select, update

from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from contracts.faults import Refused
from contracts.registry import read_data
from services.registration.arrivals.catalogue import read_catalogue
from services.registration.intake.received import check, take_in
from services.registration.reports.report import SEAL_PURPOSE
from services.registration.reports.tables import reports


def correct_report(uow: UnitOfWork, report_id: str, data: Mapping[str, Any], by: str) -> str:
    """
    :param data: the whole data of the event, as JSON would hold it.
    :param by: who corrected it (a staff_id or a log-in).
    :returns: the id of the new report, whose outcome says whether it is sound now.
    :raises Refused: there is no such report, or it does not need correction.
    """
    row = uow.conn.execute(select(reports).where(reports.c.id == report_id).with_for_update()).first()
    if row is None:
        raise Refused.unknown("report", report_id)
    if row.outcome != "needs_correction":
        raise Refused.conflict("report", f"{report_id} does not need correction: it is {row.outcome}")
    catalogue = read_catalogue(uow)
    received = check(uow, catalogue, _event(uow, row, data))
    received.corrects, received.corrected_by = report_id, by
    uow.conn.execute(update(reports).where(reports.c.id == report_id).values(outcome="corrected"))
    take_in(uow, catalogue, [received])
    return received.report_id


def _event(uow: UnitOfWork, row: Row[Any], data: Mapping[str, Any]) -> Event:
    """The event of a kept report, with new data."""
    raw = {**uow.sealer.unseal(row.sealed, SEAL_PURPOSE), "data": dict(data)}
    return read_data(
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

"""When somebody corrects a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

from chassis.errors import Wrong
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from contracts.registry import read_data
from services.registration.arrivals.catalogue import read_catalogue
from services.registration.intake.received import PURPOSE, check, take
from services.registration.reports.tables import reports


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
    received = check(uow, catalogue, event)
    received.corrects, received.corrected_by = report_id, by
    take(uow, catalogue, [received])
    return received.report_id

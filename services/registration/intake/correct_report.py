"""When somebody corrects a report: take it in again with the new data, and keep both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, delete, select, update

from chassis.database.guards import remove
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from contracts.faults import Fault, Refused
from contracts.registry import read_data
from field.ids import is_id
from services.registration.arrivals.catalogue import read_catalogue
from services.registration.intake.received import Received, check, take_in
from services.registration.reports.checks import path_of
from services.registration.reports.report import SEAL_PURPOSE
from services.registration.reports.tables import companion_arrivals, reports


def correct_report(uow: UnitOfWork, report_id: str, data: Mapping[str, Any], by: str) -> str:
    """
    :param data: the whole data of the event, as JSON would hold it.
    :param by: who corrected it (a staff_id or a log-in).
    :returns: the id of the new report, whose outcome says whether it is sound now.
    :raises Refused: there is no such report, or it does not need correction; or the correction lacks somebody
        who was registered by it.

    Where only a part of the report waited, the new one takes its place: who was registered stays so, in the
    same arrival, and only what was missing is added.
    """
    row = report_that_waits(uow, report_id)
    return take_in_correction(uow, row, corrected(uow, row, data), by).report_id


def report_that_waits(uow: UnitOfWork, report_id: str) -> Row[Any]:
    """The row of a report that needs correction, not locked. Raises Refused."""
    found = (
        uow.conn.execute(select(reports).where(reports.c.id == report_id)).first()
        if is_id(report_id)
        else None
    )
    if found is None:
        raise Refused.unknown("report", report_id)
    if found.outcome != "needs_correction" and not found.part_waits:
        raise Refused.conflict("report", f"{report_id} does not need correction: it is {found.outcome}")
    return found


def corrected(uow: UnitOfWork, row: Row[Any], data: Mapping[str, Any]) -> Received:
    """The report with its new data, judged. Raises Refused where it lacks somebody who was registered."""
    received = check(uow, read_catalogue(uow), _event(uow, row, data))
    received.corrects = row.id
    if row.part_waits:
        received.registered_before = row.outcome == "registered"
        _go_on(received, row.id, _led_to(uow, row))
    return received


def take_in_correction(
    uow: UnitOfWork, row: Row[Any], received: Received, by: str, command: str | None = None
) -> Received:
    """Take the correction in, in place of the report. Raises Refused if somebody else has corrected it now.

    The report is locked last, as the intake locks: persons, arrivals, reports. So it is looked at once more.

    :param command: the id of the event that ordered it.
    """
    received.corrected_by, received.by_command = by, command
    take_in(uow, read_catalogue(uow), [received])
    r = reports.c
    as_before = (
        (r.id == row.id) & (r.outcome == row.outcome) & r.part_waits.is_not_distinct_from(row.part_waits)
    )
    done = {"outcome": "corrected", "arrival_id": None, "part_waits": None}
    if uow.conn.execute(update(reports).where(as_before).values(done)).rowcount == 0:
        raise Refused.conflict("report", f"{row.id} was corrected by somebody else at this moment")
    remove(uow.conn, delete(companion_arrivals).where(companion_arrivals.c.report_id == row.id))
    return received


def _led_to(uow: UnitOfWork, row: Row[Any]) -> dict[int, str]:
    """The arrivals that a report led to, by the position of the person."""
    c = companion_arrivals.c
    companions = uow.conn.execute(select(c.position, c.arrival_id).where(c.report_id == row.id))
    person = {0: row.arrival_id} if row.arrival_id else {}
    return person | {position: arrival_id for position, arrival_id in companions}


def _go_on(received: Received, report_id: str, led_to: Mapping[int, str]) -> None:
    """Whoever was registered goes on in the same arrival."""
    if lost := sorted(led_to.keys() - {said.position for said in received.statements}):
        left_out = [Fault(path_of(position), "person_left_out", _LEFT_OUT) for position in lost]
        raise Refused.invalid([*received.faults, *left_out])
    received.statements = [
        replace(said, replaces=report_id, belongs_to=led_to.get(said.position))
        for said in received.statements
    ]


_LEFT_OUT = "was registered by this report: name them at the same place in the correction, without faults"


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

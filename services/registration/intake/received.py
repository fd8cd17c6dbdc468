"""Reports in hand: checked, joined to their arrivals, kept and answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, update

from chassis.database.statements import insert_rows, is_in
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from contracts.faults import Fault
from services.registration.arrivals.arrival_ids import arrival_ids
from services.registration.arrivals.catalogue import Catalogue
from services.registration.arrivals.register_arrivals import register_arrivals
from services.registration.arrivals.tables import arrivals
from services.registration.intake.answers import accept, reject
from services.registration.intake.judging import judge
from services.registration.intake.mended import mended_reports
from services.registration.reports.checks import OLDEST_ARRIVAL, is_possible_time
from services.registration.reports.report import SEAL_PURPOSE
from services.registration.reports.statement import Statement, statements_of
from services.registration.reports.tables import companion_arrivals, reports


@dataclass(slots=True)
class Received:
    """
    :param faults: what of it needs correction; none where it is sound.
    :param statements: one for each of its people who can be known; none where nobody can act on it.
    :param arrival_ids: of those people, by their position in the report.
    :param corrects: the report that it was resubmitted for; `by_command` the id of the command that said so.
    :param registered_before: that report registered an arrival.
    :param is_mended: another report in hand names its flawed part again, without a fault.
    """

    report_id: str
    event: Event
    faults: list[Fault]
    statements: list[Statement] = field(default_factory=list)
    arrival_ids: dict[int, str] = field(default_factory=dict)
    outcome: str = "needs_correction"
    corrects: str | None = None
    corrected_by: str | None = None
    by_command: str | None = None
    registered_before: bool = False
    is_mended: bool = False

    def as_row(self, uow: UnitOfWork) -> dict[str, Any]:
        event = self.event
        ordered = {"by_command": self.by_command} if self.by_command else {}
        return ordered | {
            "id": self.report_id,
            "source": event.source,
            "event_id": event.id,
            "publisher": event.publisher,
            "reported_at": event.time if is_possible_time(event.time, uow.now) else uow.now,
            "received_at": uow.now,
            "outcome": self.outcome,
            "arrival_id": self.arrival_ids.get(0),
            "reasons": [fault.as_dict() for fault in self.faults] or None,
            "part_waits": True if self.faults and self.statements and not self.is_mended else None,
            "sealed": uow.sealer.seal(event.raw, SEAL_PURPOSE),
            "correlation_id": event.correlationid,
            "corrects": self.corrects,
            "corrected_by": self.corrected_by,
        }


def check(uow: UnitOfWork, catalogue: Catalogue, event: Event) -> Received:
    report, faults = judge(event, uow.now, uow.zone)
    received = Received(new_id(), event, faults)
    if report is not None:
        received.statements = statements_of(
            report,
            received.report_id,
            catalogue.places.find(report.division, report.address),
            time=event.time,
            source=event.source,
            event_id=event.id,
            waits=bool(faults),
        )
    return received


def take_in(uow: UnitOfWork, catalogue: Catalogue, reports_in_hand: Sequence[Received]) -> None:
    """Register the arrivals of all that can be known, keep all reports, and answer their publishers."""
    _park_what_is_stripped(uow, [one for one in reports_in_hand if one.statements and not one.corrects])
    known = [received for received in reports_in_hand if received.statements]
    if known:
        _register(uow, catalogue, sorted(known, key=lambda received: received.statements[0].order))
    _keep(uow, reports_in_hand)
    for received in reports_in_hand:
        event, report_id, faults = received.event, received.report_id, received.faults
        if received.statements:
            accept(uow, event, report_id, received.outcome, received.arrival_ids, faults)
        else:
            reject(uow, event, report_id, faults)


def _park_what_is_stripped(uow: UnitOfWork, known: Sequence[Received]) -> None:
    """A report that led to an arrival which is stripped comes again: somebody must say whom it is about.

    It is seldom so old: who came a month ago and more is only taken with a reason.
    """
    old = [one for one in known if one.statements[0].report.arrived_at < uow.now - OLDEST_ARRIVAL]
    if not old:
        return
    ids = arrival_ids(uow.index, [statement for one in old for statement in one.statements])
    a = arrivals.c
    these = is_in(uow.conn, a.id, sorted(set(ids.values()))) & a.stripped_at.is_not(None)
    stripped = set(uow.conn.execute(select(a.id).where(these)).scalars())
    for received in old:
        if not stripped.isdisjoint(ids[statement.order] for statement in received.statements):
            message = "was handled, and its term has passed: where they came again, report it with a new id"
            received.faults.append(Fault("id", "stripped", message))
            received.statements = []


def _register(uow: UnitOfWork, catalogue: Catalogue, known: Sequence[Received]) -> None:
    statements = [statement for received in known for statement in received.statements]
    causes = {received.report_id: received.event for received in known}
    joined = register_arrivals(uow, catalogue, statements, causes)
    mended = mended_reports(joined.drafts.values(), {r.report_id for r in known if not r.faults})
    if stored := sorted(mended - causes.keys()):
        wait_no_more = update(reports).where(is_in(uow.conn, reports.c.id, stored))
        uow.conn.execute(wait_no_more.values(part_waits=None))
    for received in known:
        received.is_mended = received.report_id in mended
        received.arrival_ids = {said.position: joined.arrival_of[said.order] for said in received.statements}
        is_first = joined.is_first(received.report_id, next(iter(received.arrival_ids.values())))
        received.outcome = "registered" if is_first or received.registered_before else "merged"


def _keep(uow: UnitOfWork, reports_in_hand: Sequence[Received]) -> None:
    insert_rows(uow.conn, reports, [received.as_row(uow) for received in reports_in_hand])
    companions = [
        {"report_id": received.report_id, "position": position, "arrival_id": arrival_id}
        for received in reports_in_hand
        for position, arrival_id in received.arrival_ids.items()
        if position
    ]
    insert_rows(uow.conn, companion_arrivals, companions)

"""When an officer corrects a report at a door: the correction is taken in, or refused with all its faults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, select

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.database.statements import is_in
from chassis.doors.within import in_district
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Refused
from field.scope import Scope
from services.registration.arrivals.catalogue import read_catalogue
from services.registration.arrivals.tables import arrivals
from services.registration.intake.correct_report import corrected, report_that_waits, take_in_correction
from services.registration.places.tables import places as places_table
from services.registration.reports.report import SEAL_PURPOSE
from services.registration.reports.tables import companion_arrivals

VERSION = 1
"""Of a report that waits for correction; it is corrected once."""


def correct_by_command(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Decisions come from a door, one in a transaction: what is refused half-way is rolled back with it."""
    return each_in_turn(commands, lambda said: _correct(uow, said))


def _correct(uow: UnitOfWork, said: Said) -> Outcome:
    data = said.data
    row = report_that_waits(uow, data["report_id"])
    if not _within(uow, said.scope, row):
        raise Refused.unknown("report", data["report_id"])
    if data["expects"] != VERSION:
        raise Refused.conflict("expects", f"the report is at version {VERSION}")
    received = corrected(uow, row, data["data"])
    if not received.statements:
        raise Refused.invalid(fault.within("data") for fault in received.faults)
    take_in_correction(uow, row, received, said.author.source[:100], said.event.id)
    return Outcome.done(
        report_id=received.report_id,
        outcome=received.outcome,
        arrival_ids=list(received.arrival_ids.values()),
        to_correct=[fault.as_dict() for fault in received.faults],
    )


def _within(uow: UnitOfWork, scope: Scope, row: Row[Any]) -> bool:
    """Whether one of its arrivals, or else the place where it says they go, lies within the scope.

    A report that says no known place is for whoever answers for a district, as in the list of reports.
    """
    if scope.everywhere:
        return True
    places = read_catalogue(uow).places
    nearest = [*_of_arrivals(uow, row)] or [_said_place(uow, row)]
    known = [place for place in nearest if place]
    if not known:
        return bool(uow.conn.execute(select(in_district(uow.conn, scope, places_table))).scalar())
    return any(places.is_within(scope, place) for place in known)


def _of_arrivals(uow: UnitOfWork, row: Row[Any]) -> list[str | None]:
    c, a = companion_arrivals.c, arrivals.c
    ids = set(uow.conn.execute(select(c.arrival_id).where(c.report_id == row.id)).scalars())
    ids |= {row.arrival_id} - {None}
    where = select(a.grid, a.community, a.street).where(is_in(uow.conn, a.id, sorted(ids)))
    return [next(filter(None, places), None) for places in uow.conn.execute(where)] if ids else []


def _said_place(uow: UnitOfWork, row: Row[Any]) -> str | None:
    """Where the report as it came says that they go, as far as it can be read."""
    data = uow.sealer.unseal(row.sealed, SEAL_PURPOSE).get("data")
    where = data.get("destination") if isinstance(data, Mapping) else None
    if not isinstance(where, Mapping):
        return None
    division, address = (where.get(name) for name in ("division", "address"))
    found = read_catalogue(uow).places.find(
        division if isinstance(division, str) else "", address if isinstance(address, str) else ""
    )
    return found.grid or found.community or found.street

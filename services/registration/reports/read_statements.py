"""The statements of the reports kept so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import Column, Label, func, literal, select, union
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from chassis.sealing import Sealer
from chassis.unit_of_work import UnitOfWork
from services.registration.places.placing import PlaceIndex, Placement
from services.registration.reports.flaws import kept_faults
from services.registration.reports.report import SEAL_PURPOSE, read_report
from services.registration.reports.statement import Statement, Told
from services.registration.reports.tables import companion_arrivals, reports

MOST_OF_A_PUBLISHER: Final = 100
"""Reports of one publisher about one arrival that are read: its newest, and its first.

A gate sends thousands, as does a program that makes a new id at each try. Each report would cost as much as
all before it.
"""
_COLUMNS: Final = ("id", "reported_at", "source", "event_id", "sealed", "reasons", "part_waits")
_R, _C = reports.c, companion_arrivals.c


def read_statements(uow: UnitOfWork, places: PlaceIndex, arrival_ids: Sequence[str]) -> dict[str, Told]:
    """The statements about each arrival, their destinations placed by the place table as it is now."""
    if not arrival_ids:
        return {}
    return statements_about(uow.conn, uow.sealer, places.find, arrival_ids)


def statements_about(
    conn: Connection, sealer: Sealer, place: Callable[[str, str], Placement], arrival_ids: Sequence[str]
) -> dict[str, Told]:
    """
    :param place: division and address of a destination -> its doorstep.
    :raises SealBroken: the key of a report is not in the ring.
    """
    about: dict[str, list[Statement]] = {}
    in_part: set[str] = set()
    of_persons = select(_R.id, _R.arrival_id, literal(0).label("position"), *_ranks(_R.arrival_id))
    of_companions = select(_R.id, _C.arrival_id, _C.position, *_ranks(_C.arrival_id)).join(
        companion_arrivals, _C.report_id == _R.id
    )
    for query in (
        of_persons.where(is_in(conn, _R.arrival_id, arrival_ids)),
        of_companions.where(is_in(conn, _C.arrival_id, arrival_ids)),
    ):
        told = query.subquery()
        columns = (*(_R[name] for name in _COLUMNS), told.c.arrival_id, told.c.position, told.c.newest)
        few = (told.c.newest <= MOST_OF_A_PUBLISHER) | (told.c.oldest == 1)
        for row in conn.execute(select(*columns).join(told, told.c.id == _R.id).where(few)):
            report_id, reported_at, source, event_id, sealed, reasons, waits, arrival_id, position, rank = row
            faults = kept_faults(reasons or ())
            report = read_report(sealer.unseal(sealed, SEAL_PURPOSE)["data"], faults)
            statement = Statement(
                (reported_at, source, event_id, position),
                report_id,
                report,
                report.people[position],
                place(report.division, report.address),
                waits=bool(waits),
            )
            about.setdefault(arrival_id, []).append(statement)
            if rank > MOST_OF_A_PUBLISHER:
                in_part.add(arrival_id)
    kept = _reports_of(conn, sorted(in_part))
    return {id: Told(said, _unread(said, kept.get(id))) for id, said in about.items()}


def _unread(read: Sequence[Statement], kept: int | None) -> int:
    return kept - len({statement.report_id for statement in read}) if kept else 0


def _ranks(arrival_id: Column[Any]) -> tuple[Label[int], Label[int]]:
    """The number of a report among those of its publisher about an arrival, from either end."""
    order = (_R.reported_at, _R.source, _R.event_id)
    of_publisher = (arrival_id, _R.publisher)
    newest = func.row_number().over(partition_by=of_publisher, order_by=[column.desc() for column in order])
    oldest = func.row_number().over(partition_by=of_publisher, order_by=order)
    return newest.label("newest"), oldest.label("oldest")


def _reports_of(conn: Connection, arrival_ids: Sequence[str]) -> dict[str, int]:
    if not arrival_ids:
        return {}
    named = union(
        select(_R.arrival_id.label("arrival_id"), _R.id.label("report_id")).where(
            is_in(conn, _R.arrival_id, arrival_ids)
        ),
        select(_C.arrival_id, _C.report_id).where(is_in(conn, _C.arrival_id, arrival_ids)),
    ).subquery()
    counted = select(named.c.arrival_id, func.count()).group_by(named.c.arrival_id)
    return {arrival_id: count for arrival_id, count in conn.execute(counted)}

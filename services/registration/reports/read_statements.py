"""The statements of the reports kept so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from sqlalchemy import literal, select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from chassis.sealing import Sealer
from chassis.unit_of_work import UnitOfWork
from services.registration.places.placing import PlaceIndex, Placement
from services.registration.reports.flaws import kept_faults
from services.registration.reports.report import SEAL_PURPOSE, read_report
from services.registration.reports.statement import Statement
from services.registration.reports.tables import companion_arrivals, reports


def read_statements(
    uow: UnitOfWork, places: PlaceIndex, arrival_ids: Sequence[str]
) -> dict[str, list[Statement]]:
    """The statements about each arrival, their destinations placed by the place table as it is now."""
    if not arrival_ids:
        return {}
    return statements_about(uow.conn, uow.sealer, places.find, arrival_ids)


def statements_about(
    conn: Connection, sealer: Sealer, place: Callable[[str, str], Placement], arrival_ids: Sequence[str]
) -> dict[str, list[Statement]]:
    """
    :param place: division and address of a destination -> its doorstep.
    :raises SealBroken: the key of a report is not in the ring.
    """
    about: dict[str, list[Statement]] = defaultdict(list)
    r = reports.c
    columns = (r.id, r.reported_at, r.source, r.event_id, r.sealed, r.reasons, r.part_waits)
    of_persons = select(*columns, reports.c.arrival_id, literal(0)).where(
        is_in(conn, reports.c.arrival_id, arrival_ids)
    )
    of_companions = (
        select(*columns, companion_arrivals.c.arrival_id, companion_arrivals.c.position)
        .join(reports, reports.c.id == companion_arrivals.c.report_id)
        .where(is_in(conn, companion_arrivals.c.arrival_id, arrival_ids))
    )
    for query in (of_persons, of_companions):
        for row in conn.execute(query):
            report_id, reported_at, source, event_id, sealed, reasons, waits, arrival_id, position = row
            faults = kept_faults(reasons or ())
            report = read_report(sealer.unseal(sealed, SEAL_PURPOSE)["data"], faults)
            about[arrival_id].append(
                Statement(
                    (reported_at, source, event_id, position),
                    report_id,
                    report,
                    report.people[position],
                    place(report.division, report.address),
                    waits=bool(waits),
                )
            )
    return about

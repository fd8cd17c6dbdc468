"""The balance: every report has its arrivals, and every arrival its reports."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, union
from sqlalchemy.engine import Connection, Result

from chassis.database.statements import count_by
from services.registration.arrivals.states import ENDED
from services.registration.arrivals.tables import arrivals
from services.registration.reports.tables import companion_arrivals, reports

# So many missing things are named; counts are always whole.
MOST_NAMED = 100
_OUTCOMES = ("registered", "merged", "needs_correction", "corrected")


def audit(conn: Connection) -> dict[str, Any]:
    """Every report has an outcome and the arrivals it leads to; every arrival has the reports it counts."""
    outcomes = dict.fromkeys(_OUTCOMES, 0) | count_by(conn, reports.c.outcome)
    states = count_by(conn, arrivals.c.state)
    accepted = reports.c.outcome.in_(("registered", "merged"))
    leads_nowhere = reports.c.arrival_id.is_(None) & reports.c.part_waits.is_not(True)
    without_arrival = _count(conn, accepted & leads_nowhere)
    missing, missing_count = _named_and_counted(conn.execute(_missing_arrivals()))
    short, short_count = _named_and_counted(conn.execute(_arrivals_short_of_reports()))
    on_list = _count(conn, arrivals.c.unassigned_since.is_not(None))
    without_worker = _count(conn, arrivals.c.worker.is_(None) & arrivals.c.state.not_in(ENDED))
    is_whole = not (missing_count or short_count or without_arrival or outcomes.keys() - set(_OUTCOMES))
    return {
        "balanced": is_whole and on_list == without_worker,
        "reports": sum(outcomes.values()),
        "reports_by_outcome": outcomes,
        "reports_in_part": _count(conn, reports.c.part_waits),
        "reports_without_arrival": without_arrival,
        "arrivals": sum(states.values()),
        "arrivals_by_state": states,
        "arrivals_missing": missing_count,
        "arrivals_short_of_reports": short_count,
        "arrivals_without_worker": without_worker,
        "arrivals_on_unassigned_list": on_list,
        "missing": missing,
        "short_of_reports": short,
    }


def _count(conn: Connection, wanted: ColumnElement[bool]) -> int:
    return conn.execute(select(func.count()).where(wanted)).scalar_one()


def _arrivals_and_reports() -> Any:
    """Each arrival that a report leads to, with that report."""
    of_persons = select(reports.c.arrival_id.label("arrival_id"), reports.c.id.label("report_id"))
    of_companions = select(companion_arrivals.c.arrival_id, companion_arrivals.c.report_id)
    return union(of_persons.where(reports.c.arrival_id.is_not(None)), of_companions).subquery()


def _missing_arrivals() -> Select[Any]:
    """Arrivals that a report leads to and that are not stored."""
    led_to = _arrivals_and_reports()
    return (
        select(
            led_to.c.arrival_id,
            func.min(reports.c.event_id).label("event_id"),
            func.count().over().label("in_all"),
        )
        .join(reports, reports.c.id == led_to.c.report_id)
        .outerjoin(arrivals, arrivals.c.id == led_to.c.arrival_id)
        .where(arrivals.c.id.is_(None))
        .group_by(led_to.c.arrival_id)
        .order_by(led_to.c.arrival_id)
        .limit(MOST_NAMED)
    )


def _arrivals_short_of_reports() -> Select[Any]:
    """Arrivals that count more or fewer reports than lead to them."""
    led_to = _arrivals_and_reports()
    stored = select(led_to.c.arrival_id, func.count().label("found")).group_by(led_to.c.arrival_id).subquery()
    found = func.coalesce(stored.c.found, 0)
    return (
        select(
            arrivals.c.id.label("arrival_id"),
            arrivals.c.reports.label("counted"),
            found.label("found"),
            func.count().over().label("in_all"),
        )
        .outerjoin(stored, stored.c.arrival_id == arrivals.c.id)
        .where(arrivals.c.reports != found)
        .order_by(arrivals.c.id)
        .limit(MOST_NAMED)
    )


def _named_and_counted(rows: Result[Any]) -> tuple[list[dict[str, Any]], int]:
    """The first rows, and how many there are in all, which each row says in its column `in_all`."""
    named = [dict(row) for row in rows.mappings()]
    counts = [row.pop("in_all") for row in named]
    return named, counts[0] if counts else 0

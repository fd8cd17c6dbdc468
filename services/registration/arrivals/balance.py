"""Whether every report has its arrivals, and every arrival its reports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, func, select, union
from sqlalchemy.engine import Connection, Result

from services.registration.arrivals.tables import arrivals
from services.registration.reports.tables import companion_arrivals, reports

# How many missing things are named; counts are always whole.
MOST_NAMED = 100


def audit(conn: Connection) -> dict[str, Any]:
    """Every report has an outcome and the arrivals it speaks of; every arrival has the reports it counts."""
    outcomes = {
        "registered": 0,
        "merged": 0,
        "needs_correction": 0,
        "corrected": 0,
    } | {name: count for name, count in _count_by(conn, reports.c.outcome)}
    states = {name: count for name, count in _count_by(conn, arrivals.c.state)}
    without = conn.execute(
        select(func.count())
        .select_from(reports)
        .where(reports.c.outcome.in_(("registered", "merged")), reports.c.arrival_id.is_(None))
    ).scalar_one()
    missing, missing_count = _missing_arrivals(conn)
    unreported, unreported_count = _arrivals_short_of_reports(conn)
    unknown = sorted(set(outcomes) - {"registered", "merged", "needs_correction", "corrected"})
    waiting = conn.execute(
        select(func.count()).select_from(arrivals).where(arrivals.c.unassigned_since.is_not(None))
    ).scalar_one()
    without_worker = conn.execute(
        select(func.count()).select_from(arrivals).where(arrivals.c.worker.is_(None))
    ).scalar_one()
    return {
        "balanced": not (missing_count or unreported_count or without or unknown)
        and waiting == without_worker,
        "reports": sum(outcomes.values()),
        "reports_by_outcome": outcomes,
        "reports_without_arrival": without,
        "arrivals": sum(states.values()),
        "arrivals_by_state": states,
        "arrivals_missing": missing_count,
        "arrivals_short_of_reports": unreported_count,
        "arrivals_without_worker": without_worker,
        "arrivals_on_unassigned_list": waiting,
        "missing": missing,
        "short_of_reports": unreported,
    }


def _count_by(conn: Connection, column: Column[Any]) -> Iterator[tuple[str, int]]:
    rows = conn.execute(select(column, func.count()).group_by(column))
    return iter([(name, count) for name, count in rows])


def _missing_arrivals(conn: Connection) -> tuple[list[dict[str, Any]], int]:
    """Arrivals that a report points to and that are not there."""
    pointed = union(
        select(reports.c.arrival_id.label("arrival_id"), reports.c.id.label("report_id")).where(
            reports.c.arrival_id.is_not(None)
        ),
        select(companion_arrivals.c.arrival_id, companion_arrivals.c.report_id),
    ).subquery()
    lost = (
        select(
            pointed.c.arrival_id,
            func.min(reports.c.event_id).label("event_id"),
            func.count().over().label("in_all"),
        )
        .join(reports, reports.c.id == pointed.c.report_id)
        .outerjoin(arrivals, arrivals.c.id == pointed.c.arrival_id)
        .where(arrivals.c.id.is_(None))
        .group_by(pointed.c.arrival_id)
    )
    return _named_and_counted(conn.execute(lost.order_by(pointed.c.arrival_id).limit(MOST_NAMED)))


def _arrivals_short_of_reports(conn: Connection) -> tuple[list[dict[str, Any]], int]:
    """Arrivals that count other reports than there are."""
    pointing = union(
        select(reports.c.arrival_id.label("arrival_id"), reports.c.id.label("report_id")).where(
            reports.c.arrival_id.is_not(None)
        ),
        select(companion_arrivals.c.arrival_id, companion_arrivals.c.report_id),
    ).subquery()
    there = (
        select(pointing.c.arrival_id, func.count().label("found")).group_by(pointing.c.arrival_id).subquery()
    )
    found = func.coalesce(there.c.found, 0)
    short = (
        select(
            arrivals.c.id.label("arrival_id"),
            arrivals.c.reports.label("counted"),
            found.label("found"),
            func.count().over().label("in_all"),
        )
        .outerjoin(there, there.c.arrival_id == arrivals.c.id)
        .where(arrivals.c.reports != found)
    )
    return _named_and_counted(conn.execute(short.order_by(arrivals.c.id).limit(MOST_NAMED)))


def _named_and_counted(rows: Result[Any]) -> tuple[list[dict[str, Any]], int]:
    """The first rows, and how many there are in all, which each row says in its column `in_all`."""
    named = [dict(row) for row in rows.mappings()]
    counts = [row.pop("in_all") for row in named]
    return named, counts[0] if counts else 0

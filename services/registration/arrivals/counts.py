"""Counts of reports by outcome, of arrivals by risk and doorstep, and of persons."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.engine import Connection

from chassis.database.statements import count_by
from services.registration.arrivals.tables import arrival_history, arrivals
from services.registration.reports.tables import reports


@dataclass(frozen=True, slots=True)
class Progress:
    reports: int
    arrivals: int


@dataclass(frozen=True, slots=True)
class Counts:
    """:param risk: arrivals by level and certainty ("high exact").
    :param doorstep: arrivals whose community is "known" or "unknown".
    """

    reports: dict[str, int]
    risk: dict[str, int]
    doorstep: dict[str, int]
    persons: int


def progress(conn: Connection) -> Progress:
    return Progress(
        conn.execute(select(func.count()).select_from(reports)).scalar_one(),
        conn.execute(select(func.count()).select_from(arrivals)).scalar_one(),
    )


def acts(conn: Connection) -> dict[str, int]:
    """Lines of the arrivals' histories, by what they say."""
    return count_by(conn, arrival_history.c.what)


def counts(conn: Connection) -> Counts:
    a = arrivals.c
    outcomes = dict.fromkeys(("registered", "merged", "needs_correction"), 0)
    return Counts(
        reports=outcomes | count_by(conn, reports.c.outcome),
        risk=count_by(conn, a.risk_level + " " + a.risk_certainty),
        doorstep=count_by(conn, case((a.community.is_(None), "unknown"), else_="known")),
        persons=conn.execute(select(func.count(a.person_id.distinct()))).scalar_one(),
    )

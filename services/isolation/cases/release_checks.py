"""When it is looked next whether somebody may be released, from the moment that their last day is planned."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, exists, select
from sqlalchemy.engine import Connection

from chassis.database.statements import delete_rows, insert_missing, upsert_rows
from field.days import day_begins, local_day
from services.isolation.cases import states
from services.isolation.cases.case import Case
from services.isolation.cases.tables import AT_ITS_END, cases
from services.isolation.cases.tables import release_checks as table


def is_at_its_end(case: Case) -> bool:
    """Its last day is planned. Whoever is only informed is held by nothing, and released from nothing."""
    return case.closed_at is None and case.plan_next is None and case.days > 0


def look_when_due(conn: Connection, cases: Iterable[Case], now: datetime, zone: ZoneInfo) -> None:
    """Look at cases that are at their end when the last day begins, or now if it has."""
    proposed, others = [], []
    for case in sorted((case for case in cases if is_at_its_end(case)), key=lambda case: case.case_id):
        row = {"case_id": case.case_id, "check_at": max(now, day_begins(case.release_on, zone)), "lacks": ""}
        if case.state == states.RELEASE_REVIEW:
            proposed.append(row)
        else:
            others.append(row | {"proposed_at": None})
    upsert_rows(conn, table, proposed, key=["case_id"], set=["check_at"])
    upsert_rows(conn, table, others, key=["case_id"], set=["check_at", "proposed_at"])


def look_now(conn: Connection, cases: Iterable[Case], now: datetime, zone: ZoneInfo) -> None:
    """Something was said of these cases: look at those again whose last day has begun."""
    today = local_day(now, zone)
    look_when_due(conn, (case for case in cases if case.release_on <= today), now, zone)


def look_no_more(conn: Connection, cases: Iterable[Case]) -> None:
    """Nobody asks whether these may be released: they have ended, are only informed, or have days to come."""
    rows = [{"case_id": case.case_id} for case in cases if not is_at_its_end(case)]
    delete_rows(conn, table, rows, key=["case_id"])


def look_at_forgotten(conn: Connection, now: datetime, most: int) -> int:
    """Look at cases at their end that have no row. Returns how many.

    A process of a version before, which knows nothing of these rows, leaves such cases behind.
    """
    found = conn.execute(forgotten_cases().order_by(cases.c.case_id).limit(most)).scalars()
    rows = [{"case_id": id, "check_at": now, "lacks": ""} for id in found]
    return insert_missing(conn, table, rows)  # two replicas may find the same


def forgotten_cases() -> Select[tuple[str]]:
    """The ids of cases at their end that nobody will look at."""
    has_row = exists().where(table.c.case_id == cases.c.case_id)
    return select(cases.c.case_id).where(AT_ITS_END, ~has_row)

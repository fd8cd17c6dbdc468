"""When it is looked next whether somebody may be released, from the moment that their last day is planned."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from chassis.database.statements import delete_rows, upsert_rows
from field.days import day_begins, local_day
from services.isolation.cases.case import Case
from services.isolation.cases.tables import release_checks as table


def is_at_its_end(case: Case) -> bool:
    """Its last day is planned. Whoever is only informed is held by nothing, and released from nothing."""
    return case.closed_at is None and case.plan_next is None and case.days > 0


def look_when_due(conn: Connection, cases: Iterable[Case], now: datetime, zone: ZoneInfo) -> None:
    """Look at cases that are at their end when the last day begins, or now if it has."""
    check_at = {
        case.case_id: max(now, day_begins(case.release_on, zone)) for case in cases if is_at_its_end(case)
    }
    rows = [{"case_id": id, "check_at": at, "lacks": ""} for id, at in sorted(check_at.items())]
    upsert_rows(conn, table, rows, key=["case_id"], set=["check_at"])


def look_now(conn: Connection, cases: Iterable[Case], now: datetime, zone: ZoneInfo) -> None:
    """Something was said of these cases: look at those again whose last day has begun."""
    today = local_day(now, zone)
    look_when_due(conn, (case for case in cases if case.release_on <= today), now, zone)


def look_no_more(conn: Connection, cases: Iterable[Case]) -> None:
    """Whoever's case has ended is released by that, or by nobody."""
    rows = [{"case_id": case.case_id} for case in cases if case.closed_at is not None and case.days > 0]
    delete_rows(conn, table, rows, key=["case_id"])

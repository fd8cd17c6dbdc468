"""Arrivals as registration recorded them, and its account of reports and arrivals. See `chassis.handover`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Select, func, select, union_all
from sqlalchemy.engine import Connection

from chassis.commands.in_history import answered
from chassis.database.statements import is_in
from chassis.handover import MOST_NAMED, RecordedAt, Sums, VersionRows, versions
from chassis.inbox import INBOX
from services.registration.accounts.arrived import RECEIVER
from services.registration.accounts.differences import differences
from services.registration.accounts.kept import Kept, kept
from services.registration.arrivals import balance
from services.registration.arrivals.duplicates import decisions
from services.registration.arrivals.history import noted, short_of_lines
from services.registration.arrivals.tables import arrivals
from services.registration.policies.keep_policies import POLICIES
from services.registration.reports.tables import reports
from services.registration.staff.tables import staff_history

__all__ = ["COPIES", "RECEIVER", "Kept", "differences", "kept", "recorded", "recorded_at", "sums"]

COPIES = (POLICIES,)


def recorded(conn: Connection) -> VersionRows:
    """Every arrival, by its id."""
    return versions(arrivals.c.id, arrivals.c.version)


def recorded_at(conn: Connection, ids: Sequence[str]) -> dict[str, RecordedAt]:
    a = arrivals.c
    rows = conn.execute(select(a.id, a.created_at, a.updated_at).where(is_in(conn, a.id, ids)))
    return {id: RecordedAt(first, newest) for id, first, newest in rows}


def sums(conn: Connection, today: date) -> Sums:
    """Every report that was received has its row and its arrival, every arrival its reports and a worker."""
    own = balance.audit(conn)
    found = Sums(
        {
            "reports": {"received": own["reports"], **own["reports_by_outcome"]},
            "reports_in_part": {"to_correct": own["reports_in_part"]},
        }
    )
    found.balanced = own["balanced"]
    for arrival in own["missing"]:
        why = f"report {arrival['event_id']} led to it, and it is not there"
        found.lack("arrival", arrival["arrival_id"], why)
    found.count_unnamed(own["arrivals_missing"], len(own["missing"]))
    for arrival in own["short_of_reports"]:
        why = f"it counts {arrival['counted']} reports, and {arrival['found']} are there"
        found.lack("report", arrival["arrival_id"], why)
    found.count_unnamed(own["arrivals_short_of_reports"], len(own["short_of_reports"]))
    if own["reports_without_arrival"]:
        found.lack("arrival", "reports", f"{own['reports_without_arrival']} accepted reports name no arrival")
    waiting, without = own["arrivals_on_unassigned_list"], own["arrivals_without_worker"]
    if waiting != without:
        found.lack("worker", "arrivals", f"{without} arrivals have no worker, {waiting} wait for one")
    _reports_without_row(conn, found)
    _what_people_said(conn, found)
    return found


def _what_people_said(conn: Connection, found: Sums) -> None:
    """Every command that was answered as done stands in a history; every arrival has the lines it counts."""
    said = answered(conn, _noted(conn))
    done = {"done": said.done, "in_history": said.done - said.missing_count}
    found.by_subject["commands_to_registration"] = done
    for source, id in said.missing:
        found.lack("command", f"{source} {id}", "it was answered as done, and no history names it")
    found.count_unnamed(said.missing_count, len(said.missing))
    short = short_of_lines(conn, MOST_NAMED)
    for arrival_id, counted, lines, _ in short:
        found.lack("arrival history", arrival_id, f"it counts {counted} lines, and {lines} are there")
    found.count_unnamed(short[0][3] if short else 0, len(short))


def _noted(conn: Connection) -> Select[tuple[str, str]]:
    """(source, id) of what the histories of arrivals and staff name, corrected reports, and decided pairs."""
    r, s = reports.c, staff_history.c
    corrected = select(r.corrected_by, r.by_command).where(r.by_command.is_not(None), r.corrects.is_not(None))
    every = union_all(noted(conn), select(s.source, s.event_id), corrected, decisions()).subquery()
    return select(*every.c)


def _reports_without_row(conn: Connection, found: Sums) -> None:
    """Each report of the inbox is looked up by its event; PostgreSQL reads both tables once instead."""
    i, r = INBOX.c, reports.c
    there = select(r.id).where(r.event_id == i.event_id, r.source == i.source).exists()
    gone = select(i.source, i.event_id, func.count().over()).where(i.handler == RECEIVER, ~there)
    rows = conn.execute(gone.order_by(i.source, i.event_id).limit(MOST_NAMED)).all()
    for source, event_id, _ in rows:
        found.lack("report", f"{source} {event_id}", "it was received, and its row is not there")
    found.count_unnamed(rows[0][2] if rows else 0, len(rows))

"""Arrivals as registration recorded them, and its account of reports and arrivals. See `chassis.handover`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from chassis.handover import MOST_NAMED, RecordedAt, Sums, Versions, stream
from chassis.inbox import INBOX
from services.registration.accounts.arrived import RECEIVER
from services.registration.accounts.differences import differences
from services.registration.accounts.kept import Kept, kept
from services.registration.arrivals import balance
from services.registration.arrivals.tables import arrivals
from services.registration.reports.tables import reports

__all__ = ["RECEIVER", "Kept", "differences", "kept", "recorded", "recorded_at", "sums"]


def recorded(conn: Connection) -> Iterator[Versions]:
    """Every arrival, by its id."""
    return stream(conn, select(arrivals.c.id, arrivals.c.version).order_by(arrivals.c.id))


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
    return found


def _reports_without_row(conn: Connection, found: Sums) -> None:
    """A set is taken from a set: each is read once. A join reads all reports for each row of the inbox."""
    handled = select(INBOX.c.source, INBOX.c.event_id).where(INBOX.c.handler == RECEIVER)
    gone = handled.except_(select(reports.c.source, reports.c.event_id)).subquery()
    named = select(gone.c.source, gone.c.event_id, func.count().over())
    rows = conn.execute(named.order_by(gone.c.source, gone.c.event_id).limit(MOST_NAMED)).all()
    for source, event_id, _ in rows:
        found.lack("report", f"{source} {event_id}", "it was received, and its row is not there")
    found.count_unnamed(rows[0][2] if rows else 0, len(rows))

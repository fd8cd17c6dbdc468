"""Whoever is told by number only: what the next digests count.

Planning writes one row a batch, whatever number of people it counts for; the timer adds the rows up, one
digest a recipient and hour. So planning waits for nobody, and costs next to nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import add_to_rows, delete_rows, insert_rows
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from services.notification.events.digest import digest_id
from services.notification.events.event import STAFF, Recipient
from services.notification.messages.columns import channels_text
from services.notification.messages.planning import Plan
from services.notification.messages.tables import digest_counts, digests

BATCHES_AT_ONCE: Final = 50


def count_in_digests(conn: Connection, plans: Sequence[Plan], hour: datetime) -> None:
    """Note the cases of these plans for the digests of that hour."""
    counted: dict[str, list[Any]] = {}
    cases = 0
    for plan in plans:
        for rule, to in plan.counted:
            cases += 1
            entry = counted.get(to.id)
            if entry is None:
                case_id, channels = plan.notice.arrival_id, channels_text(rule.channels)
                counted[to.id] = [to.id, 1, to.role, to.contact, to.language, channels, case_id]
            else:
                entry[1] += 1
    if counted:
        row = {"id": new_id(), "hour": hour, "cases": cases, "counts": list(counted.values())}
        insert_rows(conn, digest_counts, [row])


def add_counts(uow: UnitOfWork) -> int:
    """Add what was noted to the digests. Returns how many batches were added, a bounded number."""
    c = digest_counts.c
    noted = select(c.id, c.hour, c.counts).order_by(c.id).with_for_update(skip_locked=True)
    batches = uow.take(noted, c.id, BATCHES_AT_ONCE)
    rows: dict[str, dict[str, Any]] = {}
    for batch in batches:
        hour = batch.hour
        for who, number, role, contact, language, channels, case_id in batch.counts:
            id = digest_id(who, hour)
            row = rows.get(id)
            if row is None:
                to = Recipient(STAFF, who, role, contact, language)
                row = rows[id] = empty_digest(to, hour, hour, channels, case_id)
            row["cases"] += number
    add_to_rows(uow.conn, digests, [rows[id] for id in sorted(rows)], key=["id"], add=["cases"])
    delete_rows(uow.conn, digest_counts, [{"id": batch.id} for batch in batches], key=["id"])
    return len(batches)


def empty_digest(
    recipient: Recipient, hour: datetime, due_at: datetime, channels: str, case_id: str
) -> dict[str, Any]:
    """The row of a digest in which nothing is counted yet.

    :param channels: as `columns.channels_text` writes them.
    """
    return {
        "id": digest_id(recipient.id, hour),
        "staff_id": recipient.id,
        "hour": hour,
        "due_at": due_at,
        "role": recipient.role,
        "contact": recipient.contact,
        "language": recipient.language,
        "channels": channels,
        "case_id": case_id,
        "cases": 0,
        "cases_told": 0,
        "folded": 0,
        "folded_told": 0,
        "content": {},
    }

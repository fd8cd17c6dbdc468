"""Whoever is told by number only: one row a recipient and hour counts what the next digest says."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from chassis.database.statements import add_to_rows
from services.notification.events.digest import digest_id
from services.notification.events.event import Recipient
from services.notification.messages.columns import channels_text
from services.notification.messages.planning import Plan
from services.notification.messages.tables import digests


def count_in_digests(conn: Connection, plans: Sequence[Plan], hour: datetime) -> None:
    """Count the cases of these plans in the digests of that hour, with one statement.

    Last of all statements of its transaction: everybody counts for the same few officers.
    """
    rows: dict[str, dict[str, Any]] = {}
    for plan in plans:
        for rule, recipient in plan.counted:
            row = rows.get(recipient.id)
            if row is None:
                row = empty_digest(recipient, hour, hour, rule.channels, plan.notice.arrival_id)
                rows[recipient.id] = row
            row["cases"] += 1
    ordered = sorted(rows.values(), key=lambda row: str(row["id"]))
    add_to_rows(conn, digests, ordered, key=["id"], add=["cases"])


def empty_digest(
    recipient: Recipient, hour: datetime, due_at: datetime, channels: Sequence[str], case_id: str
) -> dict[str, Any]:
    """The row of a digest in which nothing is counted yet."""
    return {
        "id": digest_id(recipient.id, hour),
        "staff_id": recipient.id,
        "hour": hour,
        "due_at": due_at,
        "role": recipient.role,
        "contact": recipient.contact,
        "language": recipient.language,
        "channels": channels_text(channels),
        "case_id": case_id,
        "cases": 0,
        "cases_told": 0,
        "folded": 0,
        "folded_told": 0,
        "content": {},
    }

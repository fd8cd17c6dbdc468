"""What was sent to members of staff: a row each, locked by whoever decides on one message more."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import insert_rows, is_in, upsert_rows
from services.notification.messages.tables import staff_sent

_CHANGES = ("day", "messages", "digest_at", "digest_message")


@dataclass(frozen=True, slots=True)
class Sent:
    """To one member of staff.

    :param messages: begun on the local `day`, without urgent ones.
    :param digest_at: the hour of the last digest, whose message is `digest_message`.
    """

    staff_id: str
    day: date
    messages: int
    digest_at: datetime | None
    digest_message: str | None

    def on(self, day: date) -> int:
        """How many that day: of later days there are none yet, of earlier ones nobody asks."""
        return self.messages if self.day == day else 0


def lock_sent(conn: Connection, staff_ids: Collection[str], day: date) -> dict[str, Sent]:
    """The rows of these, made where they are not there, and locked in sorted order."""
    if not staff_ids:
        return {}
    s = staff_sent.c
    fresh = [{"staff_id": who, "day": day, "messages": 0} for who in sorted(staff_ids)]
    insert_rows(conn, staff_sent, fresh, ignore_conflicts=True)
    columns = (s.staff_id, s.day, s.messages, s.digest_at, s.digest_message)
    these = select(*columns).where(is_in(conn, s.staff_id, staff_ids)).order_by(s.staff_id)
    return {row.staff_id: Sent(*row) for row in conn.execute(these.with_for_update())}


def write_sent(conn: Connection, changed: Iterable[Sent]) -> None:
    rows = [
        {
            "staff_id": sent.staff_id,
            "day": sent.day,
            "messages": sent.messages,
            "digest_at": sent.digest_at,
            "digest_message": sent.digest_message,
        }
        for sent in sorted(changed, key=lambda sent: sent.staff_id)
    ]
    upsert_rows(conn, staff_sent, rows, key=["staff_id"], set=_CHANGES)

"""Which of a source's events have arrived, whatever became of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from chassis.inbox import INBOX
from chassis.messaging.arrived import ARRIVED, ONCE
from chassis.messaging.dead_letters import DEAD

RECEIVER: Final = "registration.receive_report"


def not_arrived(conn: Connection, source: str, ids: Sequence[str]) -> list[str]:
    """Those of the ids that neither the inbox nor a dead letter knows. Asks by index; inboxes forget."""
    left = {_kept(id): id for id in ids}
    for table in (INBOX, DEAD):
        c = table.c
        known = select(c.event_id).where(c.handler == RECEIVER, c.source == source)
        for found in conn.execute(known.where(is_in(conn, c.event_id, sorted(left)))).scalars():
            left.pop(found, None)
    return sorted(left.values())


def arrived_on_day(conn: Connection, publisher: str, source: str, day: str) -> int:
    """Different events of that day, by their own time. What came again is not counted again."""
    c = ARRIVED.c
    of_day = (c.handler == RECEIVER) & (c.publisher == publisher) & (c.source == source) & (c.day == day)
    wanted = select(func.coalesce(func.sum(c.events), 0)).where(of_day & c.outcome.in_(ONCE))
    return int(conn.execute(wanted).scalar_one())


def _kept(id: str) -> str:
    """As a letter keeps the id of an event that cannot be read."""
    return id[:200].replace("\0", "\ufffd")

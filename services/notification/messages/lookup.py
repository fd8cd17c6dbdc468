"""Finding the case of a message."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.engine import Connection

from services.notification.messages.tables import messages, notices


def case_of_message(conn: Connection, message_id: str) -> str | None:
    """The case's id, which is its arrival's; of a digest one of those that it is about."""
    of_it = (notices.c.case_id == messages.c.case_id) & (notices.c.notice == messages.c.notice)
    wanted = (
        select(notices.c.arrival_id).join_from(messages, notices, of_it).where(messages.c.id == message_id)
    )
    return conn.execute(wanted).scalar_one_or_none()

"""Finding the case of a message."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.engine import Connection

from services.notification.messages.tables import messages


def case_of_message(conn: Connection, message_id: str) -> str | None:
    """The case's id, which is its arrival's."""
    wanted = select(messages.c.case_id).where(messages.c.id == message_id)
    return conn.execute(wanted).scalar_one_or_none()

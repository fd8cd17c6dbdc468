"""Messages that stand still: nobody goes on with them, though their time is over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.engine import Connection

from chassis.database.statements import database_now
from chassis.handover import MOST_NAMED
from services.notification.messages.tables import messages

_HELD_FOR: Final = timedelta(minutes=5)
_LEASED_FOR: Final = timedelta(minutes=10)
_WAITED_FOR: Final = timedelta(hours=1)
"""A gateway that is away for less is no news here: an alert tells of it."""

# Literals, so that the planner sees that partial indexes hold all of them.
_HELD: Final[ColumnElement[bool]] = literal_column("state = 'held'")
_LIVE: Final[ColumnElement[bool]] = literal_column("state IN ('pending', 'sending')")


def past_their_term(conn: Connection, now: datetime) -> dict[str, tuple[int, list[str]]]:
    """Why -> (how many, the first of them).

    :param now: the field's time, by which messages are held; they are sent by the database's clock.
    """
    at, m = database_now(conn), messages.c
    kinds = {
        "it is held, and its time was over five minutes ago": (_HELD, m.due_at < now - _HELD_FOR),
        "whoever was sending it has left it, and nobody goes on": (
            _LIVE,
            m.state == "sending",
            m.due_at < at - _LEASED_FOR,
        ),
        "it has been due for an hour, and nobody sends it": (
            _LIVE,
            m.state == "pending",
            m.due_at < at - _WAITED_FOR,
        ),
    }
    return {why: _named(conn, wanted) for why, wanted in kinds.items()}


def _named(conn: Connection, wanted: tuple[ColumnElement[bool], ...]) -> tuple[int, list[str]]:
    found = select(messages.c.id, func.count().over()).where(*wanted).order_by(messages.c.due_at)
    rows = conn.execute(found.limit(MOST_NAMED)).all()
    return (int(rows[0][1]) if rows else 0), [row[0] for row in rows]

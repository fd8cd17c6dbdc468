"""Whether every command that was answered `done` is named by a line of its service's history."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.engine import Connection

from chassis.commands.settling import DONE
from chassis.handover import MOST_NAMED
from chassis.inbox import INBOX


@dataclass(frozen=True, slots=True)
class Answered:
    """:param missing: (source, id) of the first of those that no line names; `missing_count` is of all."""

    done: int
    missing_count: int
    missing: tuple[tuple[str, str], ...]


def answered(conn: Connection, noted: Select[tuple[str, str]]) -> Answered:
    """Of the commands whose answers are kept.

    :param noted: (source, id) of the command of each line of the history.
    """
    done = INBOX.c.outcome == DONE
    said = select(INBOX.c.source, INBOX.c.event_id).where(done)
    unnamed = said.except_(noted).subquery()
    count = conn.execute(select(func.count()).select_from(INBOX).where(done)).scalar_one()
    named = select(*unnamed.c, func.count().over()).order_by(*unnamed.c).limit(MOST_NAMED)
    rows = conn.execute(named).all() if count else []
    missing = rows[0][2] if rows else 0
    return Answered(count, missing, tuple((row[0], row[1]) for row in rows))

"""Dead letters that were replayed: each copy was handled, died again, or is on its way."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from chassis.inbox import INBOX
from chassis.messaging.dead_letters import DEAD
from operations.audit.result import Audit
from operations.databases import databases
from operations.dead_letters.choice import on_the_way


def replayed_letters_are_handled(audit: Audit) -> None:
    """A copy of which nothing was heard is on its way, or gone with a queue."""
    named = {missing.id for missing in audit.unhandled.missing}
    c = DEAD.c
    wanted = select(c.id, c.handler, c.source, c.event_id, c.dead_at, c.settled_at).where(on_the_way())
    for database in databases().values():
        with database.read() as conn:
            letters = conn.execute(wanted.order_by(c.id)).all()
            settled = _settled_otherwise(conn, letters)
        for letter in letters:
            if letter.id in settled or letter.event_id in named:
                continue
            if audit.unhandled.may_come(letter.handler, letter.settled_at):
                audit.replayed_in_flight[letter.handler] += 1
                continue
            at = letter.settled_at.isoformat(timespec="seconds")
            why = f"replayed at {at}, not handled by {letter.handler}, and in no queue"
            again = f"`doorstep dead replay {letter.id}` sends it again"
            audit.miss("dead letter", letter.id, f"{why}: {again}", lost=True)


def _settled_otherwise(conn: Connection, letters: Iterable[Any]) -> set[str]:
    """Ids of letters whose event was handled after it had died, or has a later letter."""
    by_source: dict[tuple[str, str], list[Any]] = {}
    for letter in letters:
        if letter.event_id is not None:
            by_source.setdefault((letter.handler, letter.source), []).append(letter)
    found = set()
    for (handler, source), of_source in by_source.items():
        handled, newest = _handled_and_newest(
            conn, handler, source, [letter.event_id for letter in of_source]
        )
        for letter in of_source:
            at = handled.get(letter.event_id)
            if newest[letter.event_id] > letter.id or (at and at >= letter.dead_at):
                found.add(letter.id)
    return found


def _handled_and_newest(
    conn: Connection, handler: str, source: str, events: list[str]
) -> tuple[dict[str, datetime], dict[str, str]]:
    """Of each event, when it was handled, and its last letter."""

    def rows(c: Any, value: ColumnElement[Any]) -> dict[str, Any]:
        same = (c.handler == handler, c.source == source, is_in(conn, c.event_id, events))
        found = conn.execute(select(c.event_id, value).where(*same).order_by(value))
        return {event_id: last for event_id, last in found}  # in order, so that the last one stays

    return rows(INBOX.c, INBOX.c.handled_at), rows(DEAD.c, DEAD.c.id)

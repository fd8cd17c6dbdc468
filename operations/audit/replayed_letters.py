"""Dead letters that were replayed, held against what became of their copies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from operations.audit.balance import Balance


def replayed_are_handled(found: Balance) -> None:
    """Where nothing was heard of a copy, it is on its way, or gone with a queue."""
    from sqlalchemy import select

    from chassis.messaging.dead_letters import DEAD
    from operations.databases import databases
    from operations.dead_letters.choice import on_the_way

    named = {one.id for one in found.passage.missing}
    c = DEAD.c
    wanted = select(c.id, c.handler, c.source, c.event_id, c.dead_at, c.settled_at).where(on_the_way())
    for database in databases().values():
        with database.read() as conn:
            letters = list(conn.execute(wanted.order_by(c.id)))
            settled = _settled_otherwise(conn, letters)
        for letter in letters:
            if letter.id in settled or letter.event_id in named:
                continue
            if found.passage.may_come(letter.handler, letter.settled_at):
                found.replayed_in_flight[letter.handler] += 1
                continue
            at = letter.settled_at.isoformat(timespec="seconds")
            why = f"replayed at {at}, not handled by {letter.handler}, and in no queue"
            again = f"`doorstep dead replay {letter.id}` sends it again"
            found.miss("dead letter", letter.id, f"{why}: {again}", lost=True)


def _settled_otherwise(conn: Any, letters: Iterable[Any]) -> set[str]:
    """Those whose event was handled after it had died, or for whose event a later letter stands."""
    by_source: dict[tuple[str, str], list[Any]] = {}
    for letter in letters:
        if letter.event_id is not None:
            by_source.setdefault((letter.handler, letter.source), []).append(letter)
    found = set()
    for about, some in by_source.items():
        handled, newest = _handled_and_newest(conn, *about, [letter.event_id for letter in some])
        for letter in some:
            at = handled.get(letter.event_id)
            if newest[letter.event_id] > letter.id or (at and at >= letter.dead_at):
                found.add(letter.id)
    return found


def _handled_and_newest(
    conn: Any, handler: str, source: str, events: list[str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Of each event, when it was handled and its last letter."""
    from sqlalchemy import select

    from chassis.database.statements import is_in
    from chassis.messaging.dead_letters import DEAD
    from chassis.messaging.inbox import INBOX

    def rows(c: Any, value: Any) -> Any:
        same = (c.handler == handler, c.source == source, is_in(conn, c.event_id, events))
        return conn.execute(select(c.event_id, value).where(*same).order_by(value))

    # In order, so that the last one stays.
    return dict(map(tuple, rows(INBOX.c, INBOX.c.handled_at))), dict(map(tuple, rows(DEAD.c, DEAD.c.id)))

"""Exactly once in the database: which events of a batch were never handled before."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import orjson
from sqlalchemy import and_, delete, select
from sqlalchemy.engine import Connection

from chassis.database import insert_rows, is_in
from chassis.unit_of_work import TABLES
from contracts.envelope import Event

INBOX = TABLES["inbox"]


class Claimed:
    """`fresh`: to be handled; `repeats`: handled before; `impostors`: a known id with another body."""

    def __init__(self) -> None:
        self.fresh: list[Event] = []
        self.repeats: list[Event] = []
        self.impostors: list[Event] = []


def body_hash(event: Event) -> str:
    """What makes two bodies the same: type and data, whatever the order of keys."""
    body = orjson.dumps([event.type, event.raw.get("data")], option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(body, digest_size=8).hexdigest()


def claim(conn: Connection, handler: str, events: Sequence[Event]) -> Claimed:
    """Write the inbox rows of what is new, in this transaction.

    Of equal events in the batch the first counts. Waits for another replica that is just about to commit
    the same event.
    """
    claimed = Claimed()
    firsts: dict[tuple[str, str], tuple[Event, str]] = {}
    later: list[tuple[Event, str]] = []
    for event in events:
        found = body_hash(event)
        if event.key in firsts:
            later.append((event, found))
        else:
            firsts[event.key] = (event, found)
    now = datetime.now(UTC)
    # Sorted, so that two replicas that got the same events wait for each other and do not deadlock.
    rows = [
        {"handler": handler, "source": key[0], "event_id": key[1], "body_hash": found, "handled_at": now}
        for key, (_, found) in sorted(firsts.items(), key=lambda item: item[0])
    ]
    new = set(insert_rows(conn, INBOX, rows, ignore_conflicts=True, returning=("source", "event_id")))
    known = _known_hashes(conn, handler, [key for key in firsts if key not in new])
    for key, (event, found) in firsts.items():
        if key in new:
            claimed.fresh.append(event)
        elif known.get(key) == found:
            claimed.repeats.append(event)
        else:
            claimed.impostors.append(event)
    for event, found in later:
        same = firsts[event.key][1] == found
        (claimed.repeats if same else claimed.impostors).append(event)
    return claimed


def forget_old(conn: Connection, days: int, most: int = 5000) -> int:
    """Delete a bounded number of rows that are older than any repeat can be."""
    before = datetime.now(UTC) - timedelta(days=days)
    old = conn.execute(
        select(INBOX.c.handler, INBOX.c.source, INBOX.c.event_id)
        .where(INBOX.c.handled_at < before)
        .limit(most)
    ).all()
    for handler in {row.handler for row in old}:
        ids = [row.event_id for row in old if row.handler == handler]
        conn.execute(
            delete(INBOX).where(
                INBOX.c.handler == handler, is_in(conn, INBOX.c.event_id, ids), INBOX.c.handled_at < before
            )
        )
    return len(old)


def _known_hashes(
    conn: Connection, handler: str, keys: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], str]:
    if not keys:
        return {}
    rows = conn.execute(
        select(INBOX.c.source, INBOX.c.event_id, INBOX.c.body_hash).where(
            and_(
                INBOX.c.handler == handler,
                is_in(conn, INBOX.c.source, sorted({source for source, _ in keys})),
                is_in(conn, INBOX.c.event_id, sorted({event_id for _, event_id in keys})),
            )
        )
    )
    return {(row.source, row.event_id): row.body_hash for row in rows}

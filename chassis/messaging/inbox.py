"""The inbox finds the events of a batch that were never handled before: exactly once in the database."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import orjson
from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import delete_rows, insert_rows, is_in
from chassis.database.tables import TABLES
from contracts.envelope import Event

INBOX = TABLES["inbox"]


class Claimed:
    """`fresh`: to be handled; `repeats`: handled before; `impostors`: a known id with another body."""

    def __init__(self) -> None:
        self.fresh: list[Event] = []
        self.repeats: list[Event] = []
        self.impostors: list[Event] = []


def body_hash(event: Event) -> str:
    """Two bodies are the same if type and data are, whatever the order of keys."""
    body = orjson.dumps([event.type, event.raw.get("data")], option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(body, digest_size=8).hexdigest()


Key = tuple[str, str, str]


def claim(conn: Connection, handler: str, events: Sequence[Event]) -> Claimed:
    """Write inbox rows for the new events, in this transaction.

    If equal events of the batch are new, the first one counts. Waits for another replica that is about to
    commit the same event.
    """
    claimed = Claimed()
    firsts: dict[Key, tuple[Event, str]] = {}
    later: list[tuple[Key, Event, str]] = []
    for event in events:
        key, found = (_taker(handler, event), *event.key), body_hash(event)
        if key in firsts:
            later.append((key, event, found))
        else:
            firsts[key] = (event, found)
    now = datetime.now(UTC)
    # Sorted, so that two replicas that got the same events wait for each other and do not deadlock.
    rows = [
        {"handler": key[0], "source": key[1], "event_id": key[2], "body_hash": found, "handled_at": now}
        for key, (_, found) in sorted(firsts.items(), key=lambda item: item[0])
    ]
    columns = ("handler", "source", "event_id")
    new = set(insert_rows(conn, INBOX, rows, ignore_conflicts=True, returning=columns))
    known = _known_hashes(conn, [key for key in firsts if key not in new])
    for key, (event, found) in firsts.items():
        if key in new:
            claimed.fresh.append(event)
        elif known.get(key) == found:
            claimed.repeats.append(event)
        else:
            claimed.impostors.append(event)
    for key, event, found in later:
        same = known.get(key, firsts[key][1]) == found  # the first of the batch may be an impostor itself
        (claimed.repeats if same else claimed.impostors).append(event)
    return claimed


def _taker(handler: str, event: Event) -> str:
    """The source under which an id is taken; who writes another's source takes none of its ids."""
    if event.speaks_for_itself:
        return handler
    return f"{handler}#{hashlib.blake2b((event.publisher or '').encode(), digest_size=8).hexdigest()}"


def forget_old(conn: Connection, days: int, most: int = 5000) -> int:
    """Delete a bounded number of rows that no repeat can meet any more, the oldest first."""
    before = datetime.now(UTC) - timedelta(days=days)
    key = ("handler", "source", "event_id")
    old = conn.execute(
        select(*(INBOX.c[name] for name in key))
        .where(INBOX.c.handled_at < before)
        .order_by(INBOX.c.handled_at)
        .limit(most)
    ).all()
    # By the whole key, which has an index: another condition would be checked on every old row.
    delete_rows(conn, INBOX, [dict(zip(key, row, strict=True)) for row in old], key=key)
    return len(old)


def _known_hashes(conn: Connection, keys: Sequence[Key]) -> dict[Key, str]:
    if not keys:
        return {}
    columns = (INBOX.c.handler, INBOX.c.source, INBOX.c.event_id)
    rows = conn.execute(
        select(*columns, INBOX.c.body_hash).where(
            *(is_in(conn, column, sorted({key[n] for key in keys})) for n, column in enumerate(columns))
        )
    )
    return {(row.handler, row.source, row.event_id): row.body_hash for row in rows}

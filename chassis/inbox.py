"""The inbox finds the events of a batch that were never handled before: exactly once in the database."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.ages import long_ago
from chassis.database.statements import delete_rows, insert_rows, is_in, update_rows
from chassis.database.tables import TABLES
from chassis.taking import Taking
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
_KEY = ("handler", "source", "event_id")


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
    new = set(insert_rows(conn, INBOX, rows, ignore_conflicts=True, returning=_KEY))
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


def release(conn: Connection, handler: str, events: Sequence[Event]) -> None:
    """Give up the claims of events that were not settled: they may come again and are new then."""
    delete_rows(conn, INBOX, [_key_columns(handler, event) for event in events], key=_KEY)


def store_outcomes(
    conn: Connection, handler: str, settled: Sequence[tuple[Event, str, Mapping[str, Any]]]
) -> None:
    """Keep with its claim what became of each event: a word, and what whoever says it again is told."""
    rows = [
        {**_key_columns(handler, event), "outcome": word, "result": detail} for event, word, detail in settled
    ]
    update_rows(conn, INBOX, rows, key=_KEY, set=("outcome", "result"))


def outcomes(
    conn: Connection, handler: str, events: Sequence[Event]
) -> dict[tuple[str, str], tuple[str, Mapping[str, Any]]]:
    """By source and id, the word and detail of those that have any."""
    wanted = [tuple(_key_columns(handler, event).values()) for event in events]
    rows = conn.execute(
        select(INBOX).where(
            *(is_in(conn, INBOX.c[name], {key[n] for key in wanted}) for n, name in enumerate(_KEY)),
            INBOX.c.outcome.is_not(None),
        )
    )
    return {(row.source, row.event_id): (row.outcome, row.result) for row in rows}


def _key_columns(handler: str, event: Event) -> dict[str, str]:
    return dict(zip(_KEY, (_taker(handler, event), *event.key), strict=True))


def _taker(handler: str, event: Event) -> str:
    """The source under which an id is taken; who writes another's source takes none of its ids."""
    if event.speaks_for_itself:
        return handler
    return f"{handler}#{hashlib.blake2b((event.publisher or '').encode(), digest_size=8).hexdigest()}"


def forget_old(conn: Connection, days: int, most: int = 5000, *, taking: Taking | None = None) -> int:
    """Delete a bounded number of rows that no repeat can meet any more, the oldest first."""
    if (before := long_ago(conn, timedelta(days=days))) is None:
        return 0
    wanted = select(*(INBOX.c[name] for name in _KEY)).where(INBOX.c.handled_at < before)
    old = (taking or Taking()).rows(conn, wanted.order_by(INBOX.c.handled_at), INBOX.c.event_id, most)
    # By the whole key, which has an index: another condition would be checked on every old row.
    delete_rows(conn, INBOX, [dict(zip(_KEY, row, strict=True)) for row in old], key=_KEY)
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

"""Which publishers there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection, Row

from chassis.sealing import BlindIndex
from services.registration.publishers.tables import publisher_keys, publishers

KIND = "api_key"
"""Keeps digests of API keys apart from those of persons."""


@dataclass(frozen=True, slots=True)
class KnownPublisher:
    """:param may: the event types that it may publish.
    :param own_queue: whether intake reads a queue of its own.
    :param keys: how many API keys it has that count.
    """

    name: str
    may: tuple[str, ...]
    own_queue: bool
    created_at: datetime
    removed_at: datetime | None
    keys: int


def with_own_queues(conn: Connection) -> Sequence[str]:
    """The names of those whose own queues are to be read."""
    p = publishers.c
    return conn.execute(select(p.name).where(p.own_queue).order_by(p.name)).scalars().all()


def known_publishers(conn: Connection) -> list[KnownPublisher]:
    """Also those that were removed, in order of name."""
    k = publisher_keys.c
    counting = select(k.publisher, func.count()).where(k.ended_at.is_(None)).group_by(k.publisher)
    keys = {publisher: count for publisher, count in conn.execute(counting)}
    rows = conn.execute(select(publishers).order_by(publishers.c.name))
    return [_known(row, keys.get(row.name, 0)) for row in rows]


def publisher_with_key(conn: Connection, index: BlindIndex, key: str) -> KnownPublisher | None:
    """Whose API key it is. None where it is nobody's, has ended, or its publisher was removed."""
    k, p = publisher_keys.c, publishers.c
    counts = (k.digest == index(KIND, key)) & k.ended_at.is_(None) & p.removed_at.is_(None)
    found = conn.execute(select(publishers).join(publisher_keys, k.publisher == p.name).where(counts))
    row = found.one_or_none()
    return _known(row, 1) if row else None


def _known(row: Row[Any], keys: int) -> KnownPublisher:
    return KnownPublisher(row.name, tuple(row.may), row.own_queue, row.created_at, row.removed_at, keys)

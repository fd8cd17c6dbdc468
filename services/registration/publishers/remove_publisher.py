"""A publisher is removed: its API keys end, what it reported stays."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import update

from chassis.unit_of_work import UnitOfWork
from services.registration.publishers.tables import publisher_keys, publishers


def remove_publisher(uow: UnitOfWork, name: str) -> None:
    """Its own queue goes on being read until `read_own_queue` says otherwise."""
    p, k, now = publishers.c, publisher_keys.c, datetime.now(UTC)
    uow.conn.execute(
        update(publishers).where((p.name == name) & p.removed_at.is_(None)).values(removed_at=now)
    )
    uow.conn.execute(
        update(publisher_keys).where((k.publisher == name) & k.ended_at.is_(None)).values(ended_at=now)
    )


def read_own_queue(uow: UnitOfWork, name: str, read: bool) -> None:
    """Consumers come to its own queue, or leave it, within seconds."""
    uow.conn.execute(update(publishers).where(publishers.c.name == name).values(own_queue=read))

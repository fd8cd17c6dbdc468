"""A publisher is added, may say other things from now on, or comes back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from chassis.database.statements import upsert_rows
from chassis.unit_of_work import UnitOfWork
from services.registration.publishers.tables import publishers


def keep_publisher(uow: UnitOfWork, name: str, may: Sequence[str], *, own_queue: bool) -> None:
    """Write it down before the broker has its queue: a queue that is not there yet is not read.

    :param may: event types. What it could say before and is not among them it may say no more.
    """
    row = {
        "name": name,
        "may": sorted(may),
        "own_queue": own_queue,
        "created_at": datetime.now(UTC),
        "removed_at": None,
    }
    upsert_rows(uow.conn, publishers, [row], key=("name",), set=("may", "own_queue", "removed_at"))

"""When a publisher says how many events it has sent: keep it, to be held against what arrived."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import update

from chassis.database.statements import insert_rows
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from contracts.faults import Fault, Refused
from services.registration.accounts.tables import closed_batches


def close_batches(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Counts with ids add up, whichever come twice. Of counts without, the newest of a source and day counts.

    :raises Refused: it counts events of somebody else, or contradicts itself.
    """
    rows = [_row(event) for event in events]
    whole_days = [row for row in rows if row["ids"] is None]
    insert_rows(uow.conn, closed_batches, rows)
    for row in sorted(whole_days, key=lambda row: (row["source"], row["day"])):
        _take_the_place_of_earlier(uow, row)


def _row(event: Event) -> dict[str, Any]:
    data, now = event.data, datetime.now(UTC)
    source, ids = data["source"], data["ids"]
    if not f"{source}/".startswith(f"/{event.publisher}/"):
        message = f"source must begin with /{event.publisher}/: count events of your own"
        raise Refused.invalid([Fault("source", "not_yours", message)])
    if not 0 <= data["count"] < 2**31 or (ids and len(set(ids)) != data["count"]):
        message = "count must be the number of different ids; or give no ids, and count the whole day"
        raise Refused.invalid([Fault("count", "contract", message)])
    return {
        "id": new_id(),
        "publisher": event.publisher,
        "source": source,
        "day": data["day"].isoformat(),
        "said": data["count"],
        "ids": sorted(set(ids)) if ids else None,
        "said_at": event.time,
        "received_at": now,
        "looked_at": now,
        "settled_at": None,
    }


def _take_the_place_of_earlier(uow: UnitOfWork, row: dict[str, Any]) -> None:
    c = closed_batches.c
    same = (c.publisher == row["publisher"]) & (c.source == row["source"]) & (c.day == row["day"])
    earlier = same & c.ids.is_(None) & c.settled_at.is_(None) & (c.said_at < row["said_at"])
    uow.conn.execute(
        update(closed_batches).where(earlier & (c.id != row["id"])).values(settled_at=row["received_at"])
    )

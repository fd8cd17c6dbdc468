"""In which digests something was told, and whether everything that was folded and counted is in one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection, RowMapping

from chassis.database.statements import is_in
from services.notification.messages.columns import how_many_counted
from services.notification.messages.tables import digest_counts, digests, messages, notices

_SHOWN = (digests.c.id, digests.c.staff_id, digests.c.role, digests.c.hour, digests.c.due_at)
_WITH_MESSAGE = select(*_SHOWN, digests.c.message_id, messages.c.state).join_from(
    digests, messages, messages.c.id == digests.c.message_id, isouter=True
)


def digests_with_ids(conn: Connection, ids: Collection[str]) -> dict[str | None, dict[str, Any]]:
    """By id; `state` is that of the message by which it was told, null while it waits."""
    if not ids:
        return {}
    rows = conn.execute(_WITH_MESSAGE.where(is_in(conn, digests.c.id, sorted(ids)))).mappings()
    return {row["id"]: _shown(row) for row in rows}


def digests_that_count(conn: Connection, staff_ids: Sequence[str], since: datetime) -> list[dict[str, Any]]:
    """For each of these, the first digest whose hour is after `since` (time of the field)."""
    found = []
    for staff_id in staff_ids:
        of_one = _WITH_MESSAGE.where(digests.c.staff_id == staff_id, digests.c.hour > since)
        row = conn.execute(of_one.order_by(digests.c.hour).limit(1)).mappings().one_or_none()
        if row is not None:
            found.append(_shown(row))
    return found


def count_digests(conn: Connection) -> dict[str, int]:
    """What is to be told by digests, what digests hold of it, and how much of that is still to be told."""
    d = digests.c
    names = ("folded", "cases", "folded_waiting", "cases_waiting")
    sums = (d.folded, d.cases, d.folded - d.folded_told, d.cases - d.cases_told)
    held = conn.execute(select(*(func.coalesce(func.sum(each), 0) for each in sums))).one()
    folded = select(func.count()).select_from(messages).where(messages.c.digest.is_not(None))
    counted = select(func.coalesce(func.sum(how_many_counted(notices.c.counted)), 0))
    its_message = select(messages.c.id).where(messages.c.id == d.message_id).exists()
    without = select(func.count()).select_from(digests).where(d.message_id.is_not(None), ~its_message)
    noted = int(conn.execute(select(func.coalesce(func.sum(digest_counts.c.cases), 0))).scalar_one())
    held_now = (held[0], held[1] + noted, held[2], held[3] + noted)
    return {
        **{name: int(number) for name, number in zip(names, held_now, strict=True)},
        "messages_folded": conn.execute(folded).scalar_one(),
        "cases_counted": int(conn.execute(counted.where(notices.c.counted.is_not(None))).scalar_one()),
        "without_message": conn.execute(without).scalar_one(),
    }


def lacking_in_digests(counted: Mapping[str, int]) -> Iterator[tuple[str, int, int]]:
    """(what, how many are to be told, how many digests hold) where they differ."""
    for what, there in (("folded", "messages_folded"), ("cases", "cases_counted")):
        if counted[there] != counted[what]:
            yield what, counted[there], counted[what]
    if counted["without_message"]:
        yield "messages of digests", counted["without_message"], 0


def digests_add_up(counted: Mapping[str, int]) -> bool:
    return not any(lacking_in_digests(counted))


def _shown(row: RowMapping) -> dict[str, Any]:
    return {
        "digest_id": row["id"],
        "recipient": {"staff_id": row["staff_id"], "role": row["role"]},
        "hour": row["hour"],
        "due_at": row["due_at"],
        "message_id": row["message_id"],
        "state": row["state"],
    }

"""Copies of places, staff and policies are what their owner has: row by row, as it would say it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.copies import Announcement, Copy
from operations.audit.result import Audit
from services.isolation import door as isolation_door
from services.isolation import handover as isolation
from services.notification import handover as notification
from services.registration import door as registration_door
from services.registration import handover as registration

_OWNERS: Mapping[str, tuple[Announcement, ...]] = {
    "registration": registration_door.ANNOUNCEMENTS,
    "isolation": isolation_door.ANNOUNCEMENTS,
}
_COPIES: Mapping[str, tuple[Copy, ...]] = {
    "registration": registration.COPIES,
    "isolation": isolation.COPIES,
    "notification": notification.COPIES,
}
# Each service seals it anew under another key: two tokens of one person differ.
_SEALED = frozenset({"person"})

Rows = dict[str, tuple[int, list[bytes]]]
"""Key -> the version, and each value that is compared."""


def copies_are_alike(audit: Audit, conns: Mapping[str, Connection]) -> None:
    """:param conns: service -> its snapshot, which are of different moments."""
    sums = audit.sums["copies"] = {"compared": 0, "in_flight": 0, "different": 0}
    for owner, announcements in _OWNERS.items():
        for announcement in announcements:
            for service, copies in _COPIES.items():
                for copy in copies:
                    if copy.event == announcement.event:
                        _compare(audit, sums, (owner, announcement), (service, copy), conns)


def _compare(
    audit: Audit,
    sums: dict[str, int],
    said: tuple[str, Announcement],
    kept: tuple[str, Copy],
    conns: Mapping[str, Connection],
) -> None:
    (owner, announcement), (service, copy) = said, kept
    names = [column.name for column in copy.table.columns if column.name not in _SEALED]
    theirs = dict(_said(conns[owner], announcement, names))
    ours = dict(_kept(conns[service], copy, names))
    sums["compared"] += len(theirs)
    if theirs == ours:
        return
    what = f"copy of {announcement.table.name}"
    for key in sorted(theirs.keys() | ours.keys()):
        if (one := theirs.get(key)) == (other := ours.get(key)):
            continue
        id = f"{service} {key}"
        if one is None:
            sums["different"] += 1
            audit.miss(what, id, f"it is there, and {owner} has no such row", lost=True)
        elif other is not None and other[0] > one[0]:  # read later than its owner: it has changed meanwhile
            sums["in_flight"] += 1
        elif other is None or other[0] < one[0]:
            if _may_come(audit, owner, copy.as_handler().queue(service)):
                sums["in_flight"] += 1
                continue
            sums["different"] += 1
            why = "it is not there" if other is None else f"it is of version {other[0]}, {owner} has {one[0]}"
            again = "and in no queue: `doorstep reference announce` says it again"
            audit.miss(what, id, f"{why}, {again}", lost=True)
        else:
            sums["different"] += 1
            differ = ", ".join(name for name, a, b in zip(names, one[1], other[1], strict=True) if a != b)
            why = f"{owner} has another {differ}"
            audit.miss(what, id, f"{why}: remove it, then `doorstep reference announce`")


def _may_come(audit: Audit, owner: str, handler: str) -> bool:
    waiting = audit.waiting
    return bool(waiting.outboxes[owner]) or waiting.may_hold(handler)


def _said(conn: Connection, announcement: Announcement, names: list[str]) -> Iterator[tuple[str, Any]]:
    (key,) = announcement.table.primary_key.columns
    for row in conn.execute(select(announcement.table)):
        said = announcement.data(row) | {"version": row.version}
        yield row._mapping[key.name], (row.version, [_text(said.get(name)) for name in names])


def _kept(conn: Connection, copy: Copy, names: list[str]) -> Iterator[tuple[str, Any]]:
    (key,) = copy.table.primary_key.columns
    for row in conn.execute(select(copy.table)).mappings():
        yield row[key.name], (row["version"], [_text(row[name]) for name in names])


def _text(value: Any) -> bytes:
    """The same for a moment and its text."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z | orjson.OPT_SORT_KEYS)

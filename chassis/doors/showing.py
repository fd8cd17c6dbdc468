"""Rows as they are shown: here alone a door opens sealed fields, masks them, and notes who saw them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from chassis.database.statements import insert_rows, is_one_of, listed
from chassis.database.tables import TABLES
from chassis.doors.declared import Asked, Column, Kind
from chassis.ids import new_id
from chassis.masking import masked_name, masked_phone
from chassis.sealing import SealBroken, Sealer
from field.days import local_day

OWN_TASK: Final = "own task"
VIEWS = TABLES["views"]
_NOTED: Final = select(VIEWS.c.about_id).where(
    VIEWS.c.viewer == bindparam("viewer"),
    VIEWS.c.about == bindparam("kind"),
    VIEWS.c.day == bindparam("today"),
    is_one_of(VIEWS.c.about_id, "ids"),
)


def _hidden(value: str) -> str:
    return "****"


_MASKS: Mapping[Kind, Callable[[Any], Any]] = {
    "name": masked_name,
    "phone": masked_phone,
    "number": _hidden,
    "address": _hidden,
    "contact": _hidden,
}


def shown(
    row: Mapping[str, Any],
    columns: Sequence[Column],
    sealer: Sealer,
    zone: ZoneInfo,
    *,
    purpose: str,
    in_full: bool,
) -> dict[str, Any]:
    """One row as JSON takes it: moments in the district's zone, personal fields masked unless `in_full`.

    What cannot be opened with our keys is null.
    """
    opened: dict[str, Mapping[str, Any]] = {}
    document: dict[str, Any] = {}
    for column in columns:  # a page has a thousand values
        name, sealed = column.name, column.sealed
        if sealed is None:
            value = row.get(column.field or name)
        else:
            if sealed not in opened:
                opened[sealed] = _opened(row.get(sealed), name, sealer, column.purpose or purpose)
            value = opened[sealed].get(column.field or name)
        if value is not None:
            if mask := _MASKS.get(column.kind):
                value = value if in_full else mask(str(value))
            elif isinstance(value, date):
                value = (value.astimezone(zone) if isinstance(value, datetime) else value).isoformat()
        document[name] = value
    return document


def _opened(token: str | None, name: str, sealer: Sealer, purpose: str) -> Mapping[str, Any]:
    """What is sealed, by name; a text under the name of its column."""
    try:
        content = sealer.unseal(token, purpose) if token else {}
    except SealBroken:
        return {}
    if isinstance(content, str):
        return {name: content}
    return content if isinstance(content, Mapping) else {}


def not_yet_noted(conn: Connection, asked: Asked, about: str, ids: Collection[str]) -> list[str]:
    """Which of these the author has not seen today by a noted view of an own task."""
    today = local_day(asked.now, asked.zone).isoformat()
    given = {"viewer": asked.author.source, "kind": about, "today": today, "ids": listed(ids)}
    return sorted(set(ids) - set(conn.execute(_NOTED, given).scalars()))


def note_own_tasks(conn: Connection, asked: Asked, about: str, ids: Iterable[str]) -> None:
    """Once for each viewer, person and day."""
    today = local_day(asked.now, asked.zone).isoformat()
    rows = [_view(asked, about, id, OWN_TASK, today) for id in ids]
    insert_rows(conn, VIEWS, rows, ignore_conflicts=True)


def note_view(conn: Connection, asked: Asked, about: str, id: str, reason: str) -> None:
    """Each time."""
    insert_rows(conn, VIEWS, [_view(asked, about, id, reason, None)])


def _view(asked: Asked, about: str, id: str, reason: str, day: str | None) -> dict[str, Any]:
    return {
        "id": new_id(),
        "viewed_at": asked.now,
        "viewer": asked.author.source,
        "about": about,
        "about_id": id,
        "reason": reason,
        "day": day,
    }

"""How many texts went to a number on a day, by a keyed digest of the number: a row each, locked by whoever
decides on one text more."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import delete_rows, insert_rows, is_in, upsert_rows
from chassis.unit_of_work import UnitOfWork
from services.notification.messages.tables import number_days

_KEY: Final = ("day", "number")
_COUNTS: Final = ("texts", "urgent")
_KEPT: Final = timedelta(days=2)
_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class NumberDay:
    """:param texts: begun on the day, without the urgent ones, which are counted by themselves."""

    number: str
    texts: int
    urgent: int


def lock_numbers(conn: Connection, numbers: Collection[str], day: date) -> dict[str, NumberDay]:
    """The rows of these on that day, made where they are not there, and locked in sorted order."""
    if not numbers:
        return {}
    n = number_days.c
    fresh = [{"day": day, "number": number, "texts": 0, "urgent": 0} for number in sorted(numbers)]
    insert_rows(conn, number_days, fresh, ignore_conflicts=True)
    these = (n.day == day) & is_in(conn, n.number, numbers)
    rows = conn.execute(select(n.number, n.texts, n.urgent).where(these).order_by(n.number).with_for_update())
    return {row.number: NumberDay(*row) for row in rows}


def write_numbers(conn: Connection, day: date, changed: Iterable[NumberDay]) -> None:
    rows = [
        {"day": day, "number": one.number, "texts": one.texts, "urgent": one.urgent}
        for one in sorted(changed, key=lambda one: one.number)
    ]
    upsert_rows(conn, number_days, rows, key=_KEY, set=_COUNTS)


def forget_numbers(uow: UnitOfWork) -> int:
    """Timer: days that are over are asked for by nobody. Returns how many rows it forgot."""
    n = number_days.c
    old = select(n.day, n.number).where(n.day < (uow.now - _KEPT).date()).with_for_update(skip_locked=True)
    rows = uow.take(old.order_by(n.day, n.number), n.number, _AT_ONCE)
    delete_rows(uow.conn, number_days, [dict(zip(_KEY, row, strict=True)) for row in rows], key=_KEY)
    return len(rows)

"""Rows that make a timer or another chore fail, set aside so that the others go on.

Kept: which chore, which row, since when, how often, the type of the error and its place in the code. Never
its text, which may quote somebody. A row is tried again by itself after an hour, then daily, or by hand
(`doorstep stuck retry`). What succeeds is no longer here.

One table a service, not a column in each table: it is nearly always empty, and no index and no query of the
tables that grow has to know of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, and_, bindparam, func, select
from sqlalchemy.engine import Connection

from chassis.database.statements import delete_rows, update_rows, upsert_rows
from chassis.database.tables import TABLES
from chassis.taking import RowKey
from chassis.telemetry import place_of

STUCK: Final = TABLES["stuck_rows"]
MOST: Final = 1000
"""Of one chore. More is no fault of rows: then the chore itself fails, and says so."""
_FIRST_WAIT: Final = timedelta(hours=1)
_LATER_WAIT: Final = timedelta(days=1)
_KEY: Final = ("chore", "of_table", "row_key")
_ALL: Final = select(STUCK).order_by(STUCK.c.retry_at, STUCK.c.chore, STUCK.c.of_table, STUCK.c.row_key)
_OF_CHORE: Final = _ALL.where(STUCK.c.chore == bindparam("chore"))
"""A constant, for every turn of every timer asks."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """A row that is set aside. Times are real ones.

    :param chore: its full name: isolation.find_overdue.
    :param times: how often it was tried in vain.
    :param place: file:line in the function that failed.
    """

    chore: str
    row: RowKey
    since: datetime
    times: int
    retry_at: datetime
    error: str
    place: str


def of_chore(conn: Connection, chore: str) -> list[Stuck]:
    """The one that is to be tried again first comes first."""
    return _read(conn.execute(_OF_CHORE, {"chore": chore}))


def everything(conn: Connection) -> list[Stuck]:
    return _read(conn.execute(_ALL))


def _read(rows: Iterable[Row[Any]]) -> list[Stuck]:
    return [
        Stuck(
            row.chore,
            RowKey(row.of_table, row.row_key),
            row.since,
            row.times,
            row.retry_at,
            row.error,
            row.place,
        )
        for row in rows
    ]


def set_aside(conn: Connection, chore: str, row: RowKey, error: BaseException) -> Stuck:
    """Note that it failed, or failed again."""
    c, now = STUCK.c, datetime.now(UTC)
    this = and_(c.chore == chore, c.of_table == row.table, c.row_key == row.key)
    before = conn.execute(select(c.since, c.times).where(this).with_for_update()).one_or_none()
    since, times = (before.since, before.times + 1) if before else (now, 1)
    wait = _FIRST_WAIT if times == 1 else _LATER_WAIT
    stuck = Stuck(chore, row, since, times, now + wait, type(error).__name__[:100], place_of(error)[:200])
    values = {
        "chore": chore,
        "of_table": row.table,
        "row_key": row.key,
        "since": since,
        "times": times,
        "retry_at": stuck.retry_at,
        "error": stuck.error,
        "place": stuck.place,
    }
    changed = [name for name in values if name not in (*_KEY, "since")]
    upsert_rows(conn, STUCK, [values], key=_KEY, set=changed)
    return stuck


def release(conn: Connection, stuck: Collection[Stuck]) -> None:
    """They were handled, or there is nothing to do with them any more."""
    delete_rows(conn, STUCK, [_key_of(one) for one in stuck], key=_KEY)


def retry_now(conn: Connection, stuck: Collection[Stuck]) -> None:
    """Let the next turn of their chores try them."""
    _retry_at(conn, stuck, datetime.now(UTC))


def put_off(conn: Connection, stuck: Stuck) -> None:
    """It could not be tried now: that is no failure of the row."""
    _retry_at(conn, [stuck], datetime.now(UTC) + _FIRST_WAIT)


def _retry_at(conn: Connection, stuck: Collection[Stuck], moment: datetime) -> None:
    rows = [{**_key_of(one), "retry_at": moment} for one in stuck]
    update_rows(conn, STUCK, rows, key=_KEY, set=["retry_at"])


def count_by_chore(conn: Connection) -> dict[str, int]:
    counted = select(STUCK.c.chore, func.count()).group_by(STUCK.c.chore)
    return {chore: count for chore, count in conn.execute(counted)}


def _key_of(stuck: Stuck) -> dict[str, str]:
    return dict(zip(_KEY, (stuck.chore, stuck.row.table, stuck.row.key), strict=True))

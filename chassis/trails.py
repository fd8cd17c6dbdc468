"""Trails (who saw what, who did what, what was removed) are sealed in pieces, so that a changed line shows.

A row of a trail is written beside what it tells of, by many at once: a chain from row to row would make them
wait for each other. So nothing is chained when it is written. A chore seals what is older than 70 minutes,
ten minutes at a time, and each piece holds a keyed digest of its rows and of the piece before. Who has the
database and not the index key can take a guard away (`chassis.database.guards`), change or remove a row,
and cannot make the digest of its piece again: the audit names the piece.

What it does not show: rows that are younger, and a trail whose end was cut off with all its pieces. The
latter shows in the log of the service, which says each digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
import structlog
from sqlalchemy import Row, Table, select
from sqlalchemy.engine import Connection

from chassis.database import leases
from chassis.database.clocks import NOTHING_DONE
from chassis.database.guards import is_append_only, lasting_columns
from chassis.database.statements import database_now, insert_rows
from chassis.database.tables import TABLES
from chassis.sealing import BlindIndex
from chassis.unit_of_work import Work

PIECES: Final = TABLES["trail_pieces"]
EVERY: Final = timedelta(minutes=10)
"""Of so much time a piece has the rows."""
SETTLED: Final = NOTHING_DONE + EVERY
"""So old are its youngest: nobody commits a row so late, and no clock by which ids are made is so wrong."""
MOST: Final = 5000
"""Rows of a piece."""
_NAME: Final = "trails"
_LASTING: Final = timedelta(minutes=2)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Broken:
    """A piece of a trail whose rows are not those that were sealed."""

    trail: str
    number: int
    why: str


def trails(tables: Iterable[Table]) -> list[Table]:
    """Those of them, by name, whose rows are in order of time by their id, which is of version 7."""
    found = [table for table in tables if is_append_only(table) and table.name != PIECES.name]
    assert all(list(table.primary_key.columns.keys()) == ["id"] for table in found)
    return sorted(found, key=lambda table: table.name)


class Sealing:
    """Seals what is old enough, in one process at a time, by the database's clock.

    :param own: trails of the service; those of the chassis are everywhere.
    """

    def __init__(self, work: Work, own: Sequence[Table] = ()) -> None:
        self._trails, self._work = trails((*TABLES.values(), *own)), work
        self._holder = leases.holder_name()

    def turn(self) -> int | None:
        """One piece of each trail. Returns how many there were to seal; None: another process does it."""
        with self._work.unit() as uow:
            if not leases.take(uow.conn, _NAME, self._holder, _LASTING):
                return None
            return seal(uow.conn, self._trails, self._work.index, database_now(uow.conn))

    def leave(self) -> None:
        with self._work.database.begin() as conn:
            leases.give_back(conn, _NAME, self._holder)


def seal(conn: Connection, tables: Sequence[Table], index: BlindIndex, now: datetime) -> int:
    """The next piece of each trail that has one. Returns how many these are."""
    settled = now - SETTLED
    until = settled - (settled - datetime.min.replace(tzinfo=UTC)) % EVERY
    count = 0
    for table in tables:
        last = conn.execute(_pieces(table).order_by(PIECES.c.number.desc()).limit(1)).one_or_none()
        names = lasting_columns(table)
        wanted = _rows(table, names).where(table.c.id < _first_id(until)).limit(MOST)
        rows = conn.execute(wanted.where(table.c.id > last.last_id) if last else wanted).all()
        if not rows:
            continue
        number = last.number + 1 if last else 1
        digest = _digest(index, table, number, last.digest if last else "", names, rows)
        piece = {"trail": table.name, "number": number, "last_id": rows[-1].id, "rows": len(rows)}
        how = {"columns": ",".join(names), "digest": digest, "sealed_at": now}
        insert_rows(conn, PIECES, [piece | how])
        log.info("trail_sealed", trail=table.name, number=number, rows=len(rows), digest=digest)
        count += 1
    return count


def broken(conn: Connection, tables: Sequence[Table], index: BlindIndex) -> tuple[int, list[Broken]]:
    """How many rows are sealed, and the pieces that are not as they were."""
    sealed = 0
    found: list[Broken] = []
    for table in tables:
        before, after, expected = "", None, 1
        for piece in conn.execute(_pieces(table).order_by(PIECES.c.number)).all():
            sealed += piece.rows
            if piece.number != expected:
                found.append(Broken(table.name, expected, "the note of what was sealed is gone"))
            if why := _what_is_wrong(conn, table, index, piece, before, after):
                found.append(Broken(table.name, piece.number, why))
            before, after, expected = piece.digest, piece.last_id, piece.number + 1
    return sealed, found


def _what_is_wrong(
    conn: Connection, table: Table, index: BlindIndex, piece: Row[Any], before: str, after: str | None
) -> str | None:
    """Of one piece; None: its rows are those that were sealed.

    :param before: the digest of the piece before.
    :param after: the last row of the piece before; None: there is none.
    """
    # A column that came later was not sealed.
    names = piece.columns.split(",") if piece.columns else lasting_columns(table)
    if unknown := sorted(set(names) - set(table.c.keys())):
        return f"it seals columns that this version does not know: {', '.join(unknown)}"[:300]
    wanted = _rows(table, names).where(table.c.id <= piece.last_id)
    rows = conn.execute(wanted.where(table.c.id > after) if after else wanted).all()
    if piece.digest == _digest(index, table, piece.number, before, names, rows):
        return None
    at = piece.sealed_at.isoformat(timespec="seconds")
    if len(rows) == piece.rows:
        return f"of {piece.rows} rows that were sealed at {at} one or more were changed"
    return f"{piece.rows} rows were sealed at {at}, and {len(rows)} are there"


def _pieces(table: Table) -> Any:
    return select(PIECES).where(PIECES.c.trail == table.name)


def _rows(table: Table, names: Sequence[str]) -> Any:
    return select(*(table.c[name] for name in names)).order_by(table.c.id)


def _digest(
    index: BlindIndex, table: Table, number: int, before: str, names: Sequence[str], rows: Sequence[Row[Any]]
) -> str:
    """Keyed: only who has the index key can make it."""
    found = hashlib.sha256()
    for text in _texts(names, rows):
        found.update(text)
    return index("trail", f"{table.name} {number} {before} {found.hexdigest()}")


def _texts(names: Sequence[str], rows: Sequence[Row[Any]]) -> Iterator[bytes]:
    yield orjson.dumps(names)
    for row in rows:
        yield orjson.dumps(list(row), option=orjson.OPT_UTC_Z | orjson.OPT_SORT_KEYS)


def _first_id(moment: datetime) -> str:
    """The smallest id of version 7 of this moment."""
    ms = f"{int(moment.timestamp() * 1000):012x}"
    return f"{ms[:8]}-{ms[8:]}-7000-8000-000000000000"

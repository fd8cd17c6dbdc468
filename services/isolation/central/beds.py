"""The beds of centres: which are free, held or taken, read with the centre locked by whoever gives one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.engine import Connection

from chassis.database.statements import insert_rows, is_in, lock_rows
from services.isolation.cases.lists import LIVING
from services.isolation.cases.tables import cases
from services.isolation.central.rules import ADMITTED, Room
from services.isolation.central.tables import TAKES_BED, centres, moves, rooms

_M = moves.c


def any_beds(conn: Connection) -> bool:
    """Whether a centre is registered that has a bed, free or not."""
    return conn.execute(select(rooms.c.room_id).where(rooms.c.beds > 0).limit(1)).first() is not None


def with_bed(conn: Connection, case_ids: Collection[str]) -> set[str]:
    """Those of these cases for whom a bed is held, or taken."""
    named = select(_M.case_id).where(is_in(conn, _M.case_id, case_ids), TAKES_BED)
    return set(conn.execute(named).scalars())


def names_of_centres(conn: Connection) -> dict[str, str]:
    """By their ids."""
    named = select(centres.c.centre_id, centres.c.name).order_by(centres.c.centre_id)
    return {row.centre_id: row.name for row in conn.execute(named)}


def read_rooms(conn: Connection, centre_ids: Collection[str] | None = None) -> dict[str, list[Room]]:
    """By centre, in order of their names, with what is in them; None: of all centres."""
    these = true() if centre_ids is None else is_in(conn, rooms.c.centre_id, centre_ids)
    named = select(rooms).where(these).order_by(rooms.c.centre_id, rooms.c.room_id)
    in_rooms = _in_rooms(conn, true() if centre_ids is None else is_in(conn, _M.centre_id, centre_ids))
    found: dict[str, list[Room]] = {}
    for row in conn.execute(named):
        room = Room(row.room_id, row.beds, row.families)
        for state, beds, household in in_rooms.get((row.centre_id, row.room_id), ()):
            room = room.with_taken(beds, household) if state == ADMITTED else room.with_held(beds, household)
        found.setdefault(row.centre_id, []).append(room)
    return found


def _in_rooms(
    conn: Connection, these: ColumnElement[bool]
) -> Mapping[tuple[str, str], list[tuple[str, int, str]]]:
    """(centre, room) -> state, beds and household, of each household once a state."""
    summed = (
        select(_M.centre_id, _M.room_id, _M.state, LIVING.label("household"), func.sum(_M.beds).label("beds"))
        .join(cases, cases.c.case_id == _M.case_id)
        .where(TAKES_BED, these)
        .group_by(_M.centre_id, _M.room_id, _M.state, LIVING)
    )
    found: dict[tuple[str, str], list[tuple[str, int, str]]] = {}
    for row in conn.execute(summed):
        of_room = found.setdefault((row.centre_id, row.room_id), [])
        of_room.append((row.state, int(row.beds), row.household))
    return found


class Beds:
    """The centres that a batch of commands names, locked: no other transaction gives one of their beds until
    this one ends. Cases are locked before.
    """

    def __init__(self, conn: Connection, centre_ids: Collection[str]) -> None:
        self._conn = conn
        lock_rows(conn, centres, "centre_id", centre_ids)
        self.names: Mapping[str, str] = names_of_centres(conn)
        self._rooms = read_rooms(conn, centre_ids)
        self._new: list[dict[str, Any]] = []

    def of(self, centre_id: str) -> Sequence[Room]:
        return self._rooms.get(centre_id, ())

    def moving(self, case_ids: Collection[str]) -> set[str]:
        """Those of these cases for whom a bed is held, or taken."""
        held = {row["case_id"] for row in self._new}
        return with_bed(self._conn, case_ids) | (held & set(case_ids))

    def hold(self, row: dict[str, Any], household: str) -> None:
        """:param row: of moves; the bed is free."""
        self._new.append(row)
        self._rooms[row["centre_id"]] = [
            room.with_held(row["beds"], household) if room.room_id == row["room_id"] else room
            for room in self._rooms[row["centre_id"]]
        ]

    def write(self) -> None:
        insert_rows(self._conn, moves, self._new)

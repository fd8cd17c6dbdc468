"""Centres and their rooms are imported: a row a room, whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from chassis.database.statements import lock_rows, upsert_rows
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from contracts.imported_tables import Row, counts, read_table
from services.isolation.central.beds import read_rooms
from services.isolation.central.rules import Room
from services.isolation.central.tables import centres, rooms

COLUMNS: Final = ("centre_id", "name", "district", "room", "beds", "families")
_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,40}", re.ASCII)
_ROOM: Final = re.compile(r"[\w.-]{1,20}")
_BEDS: Final = re.compile(r"[0-9]{1,3}", re.ASCII)
_YES, _NO = ("true", "yes", "1", "是"), ("false", "no", "0", "否", "")


@dataclass(frozen=True, slots=True)
class RoomRow:
    centre_id: str
    name: str
    district: str
    room_id: str
    beds: int
    families: bool


def read_centres(text: str, in_use: Mapping[tuple[str, str], Room]) -> list[RoomRow]:
    """Rows of centres.csv. Raises Refused with every fault.

    :param in_use: (centre, room) -> the room as it stands: nobody's bed is taken away by an import.
    """
    faults: list[Fault] = []
    found: list[RoomRow] = []
    seen: set[tuple[str, str]] = set()
    names: dict[str, tuple[str, str]] = {}
    for number, cells in enumerate(read_table(text, COLUMNS), start=2):
        if not cells:
            continue
        row, before = Row(f"row {number}", faults), len(faults)
        centre_id, room_id = cells["centre_id"], cells["room"]
        if not _ID.fullmatch(centre_id):
            row.fault("centre_id", "invalid", "must be letters, digits, points or hyphens, 40 at the most")
        if not _ROOM.fullmatch(room_id):
            row.fault("room", "invalid", "must be letters, digits, points or hyphens, 20 at the most")
        for name, most in (("name", 100), ("district", 40)):
            if not 1 <= len(cells[name]) <= most:
                row.fault(name, "invalid", f"must be said, in {most} characters at the most")
        if not _BEDS.fullmatch(cells["beds"]):
            row.fault("beds", "invalid", "must be a number of beds; 0 closes the room")
        if cells["families"].lower() not in (*_YES, *_NO):
            row.fault("families", "invalid", "must be yes or no: is it suited to a family?")
        if len(faults) > before:
            continue
        if (centre_id, room_id) in seen:
            row.fault("room", "twice", "this room of the centre stands in the file already")
        if names.setdefault(centre_id, (cells["name"], cells["district"])) != (
            cells["name"],
            cells["district"],
        ):
            row.fault("name", "two_names", "the centre has another name or district in a row above")
        stands = in_use.get((centre_id, room_id))
        if stands and int(cells["beds"]) < stands.held + stands.taken:
            message = f"{stands.held + stands.taken} of its beds are held or taken: end those moves first"
            row.fault("beds", "in_use", message)
        seen.add((centre_id, room_id))
        families = cells["families"].lower() in _YES
        found.append(
            RoomRow(centre_id, cells["name"], cells["district"], room_id, int(cells["beds"]), families)
        )
    if faults:
        raise Refused.invalid(faults)
    return found


def import_centres(uow: UnitOfWork, text: str) -> dict[str, int]:
    """Returns rows, new, changed and unchanged ones. Raises Refused; then nothing is stored.

    What the file does not name stays as it is; a room is closed by `beds` 0.
    """
    conn = uow.conn
    known = conn.execute(select(centres.c.centre_id)).scalars().all()
    lock_rows(conn, centres, "centre_id", known)  # nobody gives a bed meanwhile
    before = {(id, room.room_id): room for id, of_it in read_rooms(conn).items() for room in of_it}
    found = read_centres(text, before)
    named = {
        row.centre_id: {"centre_id": row.centre_id, "name": row.name, "district": row.district}
        for row in found
    }
    upsert_rows(
        conn, centres, [named[id] for id in sorted(named)], key=["centre_id"], set=["name", "district"]
    )
    written = [row for row in found if _differs(row, before.get((row.centre_id, row.room_id)))]
    rows = [
        {
            "centre_id": row.centre_id,
            "room_id": row.room_id,
            "beds": row.beds,
            "families": row.families,
        }
        for row in sorted(written, key=lambda row: (row.centre_id, row.room_id))
    ]
    upsert_rows(conn, rooms, rows, key=["centre_id", "room_id"], set=["beds", "families"])
    versions = [1 if (row.centre_id, row.room_id) not in before else 2 for row in written]
    return counts(len(found), versions)


def _differs(row: RoomRow, stands: Room | None) -> bool:
    return stands is None or (row.beds, row.families) != (stands.beds, stands.families)

"""Import staff: a whole file is stored or nothing, and each new or changed member is announced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from chassis.database.statements import upsert_rows
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from contracts.imported_tables import counts
from services.registration.places.queries import place_ids
from services.registration.reference.versions import VERSIONS
from services.registration.staff.staff_file import TIME_COLUMNS, Known, StaffRow, read_staff
from services.registration.staff.tables import staff

FIELDS = ("role", "place", "language", "active", "replaced_by", *TIME_COLUMNS)


def import_staff(uow: UnitOfWork, text: str) -> dict[str, int]:
    """Members that the file does not name stay as they are. Raises Refused with every fault of the file."""
    VERSIONS.mark_changed(uow.conn, "staff")
    stored = {row.staff_id: row for row in uow.conn.execute(select(staff))}
    known = {id: Known(row.role, row.active, row.replaced_by) for id, row in stored.items()}
    given = [
        _as_stored(member, stored.get(member.staff_id))
        for member in read_staff(text, place_ids(uow.conn), known, uow.zone)
    ]
    versions = write_members(uow, given, stored, cause=None)
    return counts(len(given), versions)


def write_members(
    uow: UnitOfWork, members: Sequence[StaffRow], stored: Mapping[str, Any], *, cause: Event | None
) -> list[int]:
    """Store and announce those that differ from their rows. Returns their new versions."""
    rows = [
        _row(uow, member, stored.get(member.staff_id))
        for member in members
        if _differs(uow, member, stored.get(member.staff_id))
    ]
    upsert_rows(uow.conn, staff, rows, key=["staff_id"], set=[*FIELDS, "sealed", "version"])
    for row in rows:
        data = {name: value for name, value in row.items() if name not in ("version", "sealed")}
        data["person"] = row["sealed"]
        uow.record("staff.changed", row["staff_id"], row["version"], data, cause=cause)
    return [row["version"] for row in rows]


def _as_stored(member: StaffRow, stored: Any) -> StaffRow:
    """Where the file names no successor of somebody who has left, they keep the one they had.

    So it is with when they are away or on duty: each of the two as a whole.
    """
    if stored is None:
        return member
    kept: dict[str, Any] = {}
    if not member.active and not member.replaced_by:
        kept["replaced_by"] = stored.replaced_by
    for names in (("away_from", "away_to", "deputy"), ("duty_from", "duty_to")):
        if not any(getattr(member, name) for name in names):
            kept |= {name: getattr(stored, name) for name in names}
    return replace(member, **kept)


def _differs(uow: UnitOfWork, member: StaffRow, stored: Any) -> bool:
    if stored is None or any(getattr(stored, name) != getattr(member, name) for name in FIELDS):
        return True
    return bool(uow.sealer.unseal(stored.sealed) != _person(member))


def _row(uow: UnitOfWork, member: StaffRow, stored: Any) -> dict[str, Any]:
    return {
        **{name: getattr(member, name) for name in FIELDS},
        "staff_id": member.staff_id,
        "sealed": uow.sealer.seal(_person(member)),
        "version": stored.version + 1 if stored is not None else 1,
    }


def _person(member: StaffRow) -> dict[str, str | None]:
    return {"name": member.name, "phone": member.phone}

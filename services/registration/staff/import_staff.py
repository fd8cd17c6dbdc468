"""Import staff: a whole file is stored or nothing, and each new or changed member is announced."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from chassis.database.statements import upsert_rows
from chassis.unit_of_work import UnitOfWork
from services.registration.places.queries import place_ids
from services.registration.reference.imported_tables import counts
from services.registration.reference.versions import VERSIONS
from services.registration.staff.staff_file import Known, StaffRow, read_staff
from services.registration.staff.tables import staff

_FIELDS = ("role", "place", "language", "active", "replaced_by")


def import_staff(uow: UnitOfWork, text: str) -> dict[str, int]:
    """Members that the file does not name stay as they are. Raises Refused with every fault of the file."""
    VERSIONS.mark_changed(uow.conn, "staff")
    stored = {row.staff_id: row for row in uow.conn.execute(select(staff))}
    known = {id: Known(row.role, row.active, row.replaced_by) for id, row in stored.items()}
    given = [
        _as_stored(member, stored.get(member.staff_id))
        for member in read_staff(text, place_ids(uow.conn), known)
    ]
    rows = [
        _row(uow, member, stored.get(member.staff_id))
        for member in given
        if _differs(uow, member, stored.get(member.staff_id))
    ]
    upsert_rows(uow.conn, staff, rows, key=["staff_id"], set=[*_FIELDS, "sealed", "version"])
    for row in rows:
        data = {name: value for name, value in row.items() if name not in ("version", "sealed")}
        data["person"] = row["sealed"]
        uow.record("staff.changed", row["staff_id"], row["version"], data, cause=None)
    return counts(len(given), (row["version"] for row in rows))


def _as_stored(member: StaffRow, stored: Any) -> StaffRow:
    """Where the file names no successor of somebody who has left, they keep the one they had."""
    if member.active or member.replaced_by or stored is None:
        return member
    return replace(member, replaced_by=stored.replaced_by)


def _differs(uow: UnitOfWork, member: StaffRow, stored: Any) -> bool:
    if stored is None or any(getattr(stored, name) != getattr(member, name) for name in _FIELDS):
        return True
    return bool(uow.sealer.unseal(stored.sealed) != _person(member))


def _row(uow: UnitOfWork, member: StaffRow, stored: Any) -> dict[str, Any]:
    return {
        **{name: getattr(member, name) for name in _FIELDS},
        "staff_id": member.staff_id,
        "sealed": uow.sealer.seal(_person(member)),
        "version": stored.version + 1 if stored is not None else 1,
    }


def _person(member: StaffRow) -> dict[str, str | None]:
    return {"name": member.name, "phone": member.phone}

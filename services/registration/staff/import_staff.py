"""Import staff."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from chassis.database.statements import upsert_rows
from chassis.unit_of_work import UnitOfWork
from services.registration.places.tables import places
from services.registration.reference.counts import counts
from services.registration.reference.versions import VERSIONS
from services.registration.staff.staff_file import StaffRow, read_staff
from services.registration.staff.tables import staff

_STAFF_FIELDS = ("role", "place", "language", "active")


def import_staff(uow: UnitOfWork, text: str) -> dict[str, int]:
    """A whole staff.csv, or BadInput and nothing. Members that the file does not name stay as they are."""
    VERSIONS.mark_changed(uow.conn, "staff")
    known_places = frozenset(
        uow.conn.execute(select(places.c.place_id).where(places.c.removed.is_(False))).scalars()
    )
    given = read_staff(text, known_places)
    stored = {row.staff_id: row for row in uow.conn.execute(select(staff))}
    changed = []
    for one in given:
        old, fields = stored.get(one.staff_id), _staff_fields(one)
        person = {"name": one.name, "phone": one.phone}
        if (
            old is not None
            and all(getattr(old, name) == fields[name] for name in _STAFF_FIELDS)
            and uow.sealer.unseal(old.sealed) == person
        ):
            continue
        version = old.version + 1 if old is not None else 1
        changed.append(
            {**fields, "staff_id": one.staff_id, "sealed": uow.sealer.seal(person), "version": version}
        )
    upsert_rows(uow.conn, staff, changed, key=["staff_id"], set=[*_STAFF_FIELDS, "sealed", "version"])
    for row in changed:
        data = {name: value for name, value in row.items() if name not in ("version", "sealed")}
        data["person"] = row["sealed"]
        uow.record("staff.changed", row["staff_id"], row["version"], data, cause=None)
    return counts(len(given), changed)


def _staff_fields(one: StaffRow) -> dict[str, Any]:
    return {"role": one.role, "place": one.place, "language": one.language, "active": one.active}

"""Every member of staff is said again, for services whose copy is new."""

from typing import Any, Final

from sqlalchemy import Row

from chassis.copies import Announcement
from contracts.reference.schemas import StaffChanged
from services.registration.staff.tables import staff

_FIELDS = [name for name in StaffChanged().fields if name in staff.c]


def _as_said(row: Row[Any]) -> dict[str, Any]:
    return {name: row._mapping[name] for name in _FIELDS} | {"person": row.sealed}


STAFF: Final = Announcement("staff.changed", staff, _as_said)

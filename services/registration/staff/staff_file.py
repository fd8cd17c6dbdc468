"""A staff.csv, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from contracts.faults import Fault, Refused
from field.words import LANGUAGES, ROLES
from services.registration.persons.phones import PhoneFault, read_phone
from services.registration.reference.imported_tables import Row, read_table

STAFF_COLUMNS = ("staff_id", "role", "place", "name", "phone", "language", "active")
_YES, _NO = ("true", "yes", "1", "是", ""), ("false", "no", "0", "否")


@dataclass(frozen=True, slots=True)
class StaffRow:
    staff_id: str
    role: str
    place: str
    name: str
    phone: str | None
    language: str
    active: bool


def read_staff(text: str, places: Set[str]) -> list[StaffRow]:
    """Rows of staff.csv. Raises Refused with every fault.

    :param places: the place_ids there are.
    """
    faults: list[Fault] = []
    members: list[StaffRow] = []
    seen: set[str] = set()
    for number, cells in enumerate(read_table(text, STAFF_COLUMNS), start=2):
        if not cells:
            continue
        phone = read_phone(cells["phone"])
        member = _member(cells, phone if isinstance(phone, str) else None)
        row = Row(f"row {number}", faults)
        _check(member, phone, places, seen, row)
        seen.add(member.staff_id)
        if cells["active"].lower() not in _YES + _NO:
            row.fault("active", "unknown", "must be true or false")
        members.append(member)
    if faults:
        raise Refused.invalid(faults)
    return members


def _member(cells: Mapping[str, str], phone: str | None) -> StaffRow:
    return StaffRow(
        staff_id=cells["staff_id"],
        role=cells["role"],
        place=cells["place"],
        name=cells["name"],
        phone=phone,
        language=cells["language"] or LANGUAGES[0],
        active=cells["active"].lower() in _YES,
    )


def _check(
    member: StaffRow, phone: str | PhoneFault | None, places: Set[str], seen: Set[str], row: Row
) -> None:
    if not member.staff_id or len(member.staff_id) > 40:
        row.fault("staff_id", "length", "must have 1 to 40 characters")
    if member.staff_id in seen:
        row.fault("staff_id", "repeated", "stands in an earlier row too")
    if member.role not in ROLES:
        row.fault("role", "unknown", f"must be one of {', '.join(ROLES)}")
    if member.place not in places:
        row.fault("place", "unknown", "is no known place_id: import the places first")
    if not member.name:
        row.fault("name", "empty", "is empty")
    if isinstance(phone, PhoneFault):
        row.fault("phone", phone.code, phone.message)
    if member.language not in LANGUAGES:
        row.fault("language", "unknown", f"must be {' or '.join(LANGUAGES)}")

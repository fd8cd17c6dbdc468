"""A staff.csv, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from types import MappingProxyType

from contracts.faults import Fault, Refused
from field.words import LANGUAGES, ROLES
from services.registration.persons.phones import PhoneFault, read_phone
from services.registration.reference.imported_tables import Row, read_table

STAFF_COLUMNS = ("staff_id", "role", "place", "name", "phone", "language", "active")
ENDING_COLUMNS = ("replaced_by",)
"""May be left out: then whoever left keeps the successor they had."""
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
    replaced_by: str | None = None
    """Of somebody who has left: who goes on with all that is open. None also where the file does not say."""


@dataclass(frozen=True, slots=True)
class Known:
    """What must be known of a member of staff who may be somebody's successor."""

    role: str
    active: bool
    replaced_by: str | None


def read_staff(
    text: str, places: Set[str], known: Mapping[str, Known] = MappingProxyType({})
) -> list[StaffRow]:
    """Rows of staff.csv. Raises Refused with every fault.

    :param places: the place_ids there are.
    :param known: the members that are stored, by staff_id: a successor may be one of them.
    """
    faults: list[Fault] = []
    members: list[StaffRow] = []
    seen: set[str] = set()
    given = read_table(text, STAFF_COLUMNS, ENDING_COLUMNS)
    known = {**known, **{cells["staff_id"]: _known(cells, known) for cells in given if cells}}
    for number, cells in enumerate(given, start=2):
        if not cells:
            continue
        phone = read_phone(cells["phone"])
        member = _member(cells, phone if isinstance(phone, str) else None)
        row = Row(f"row {number}", faults)
        _check(member, phone, places, seen, row)
        seen.add(member.staff_id)
        if cells["active"].lower() not in _YES + _NO:
            row.fault("active", "unknown", "must be true or false")
        _check_successor(member, known, row)
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
        replaced_by=cells["replaced_by"] or None,
    )


def _known(cells: Mapping[str, str], known: Mapping[str, Known]) -> Known:
    stored = known.get(cells["staff_id"])
    replaced_by = cells["replaced_by"] or (stored.replaced_by if stored else None)
    return Known(cells["role"], cells["active"].lower() in _YES, replaced_by)


def _check_successor(member: StaffRow, known: Mapping[str, Known], row: Row) -> None:
    if member.replaced_by is None:
        return
    if member.active:
        row.fault("replaced_by", "still_active", "is for somebody who has left: active must be false")
    goes_on = known.get(member.replaced_by)
    if goes_on is not None and goes_on.role != member.role:
        row.fault("replaced_by", "other_role", "must have the role of the member who left")
    for _ in known:
        if goes_on is None or goes_on.active:
            break
        goes_on = known.get(goes_on.replaced_by or "")
    if goes_on is None or not goes_on.active:
        row.fault("replaced_by", "unknown", "is no staff_id of this file or of the staff known who is active")


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

"""A staff.csv, row by row."""

from __future__ import annotations

from dataclasses import dataclass

from field.words import ROLES
from services.registration.persons.person import compact_number
from services.registration.persons.phones import is_phone
from services.registration.reference.imported_tables import BadInput, Fault, Row, read_table

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


def read_staff(text: str, places: frozenset[str]) -> list[StaffRow]:
    """Rows of staff.csv.

    :param places: the place_ids there are.
    """
    faults: list[Fault] = []
    rows: list[StaffRow] = []
    seen: set[str] = set()
    for number, row in enumerate(read_table(text, STAFF_COLUMNS), start=2):
        if not row:
            continue
        report = Row(f"row {number}", faults)
        staff_id, active = row["staff_id"], row["active"].lower()
        if not staff_id or len(staff_id) > 40:
            report.fault("staff_id", "must have 1 to 40 characters")
        if staff_id in seen:
            report.fault("staff_id", "stands in an earlier row too")
        seen.add(staff_id)
        if row["role"] not in ROLES:
            report.fault("role", f"must be one of {', '.join(ROLES)}")
        if row["place"] not in places:
            report.fault("place", "is no known place_id: import the places first")
        if not row["name"]:
            report.fault("name", "is empty")
        phone = compact_number(row["phone"]) if row["phone"] else None
        if phone and not is_phone(phone):
            report.fault("phone", "is no valid phone number; outside mainland China give +country code")
        if row["language"] not in ("", "zh-CN", "en"):
            report.fault("language", "must be zh-CN or en")
        if active not in _YES + _NO:
            report.fault("active", "must be true or false")
        rows.append(
            StaffRow(
                staff_id,
                row["role"],
                row["place"],
                row["name"],
                phone,
                row["language"] or "zh-CN",
                active in _YES,
            )
        )
    if faults:
        raise BadInput(faults)
    return rows

"""A staff.csv, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from contracts.faults import Fault, Refused
from contracts.imported_tables import Row, read_table
from field.days import day_begins
from field.moments import read_moment
from field.words import LANGUAGES, ROLES
from services.registration.persons.phones import PhoneFault, read_phone

STAFF_COLUMNS = ("staff_id", "role", "place", "name", "phone", "language", "active")
ENDING_COLUMNS = ("replaced_by",)
"""May be left out: then whoever left keeps the successor they had."""
TIMES = ("away_from", "away_to", "duty_from", "duty_to")
TIME_COLUMNS = (*TIMES, "deputy")
"""May be left out, or empty: then they stay as they are. A time is a moment, or a whole day."""
_CHINA: Final = ZoneInfo("Asia/Shanghai")
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
    away_from: datetime | None = None
    away_to: datetime | None = None
    deputy: str | None = None
    duty_from: datetime | None = None
    duty_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What must be known of a member of staff who may be somebody's successor."""

    role: str
    active: bool
    replaced_by: str | None


def read_staff(
    text: str,
    places: Set[str],
    known: Mapping[str, Known] = MappingProxyType({}),
    zone: ZoneInfo = _CHINA,
) -> list[StaffRow]:
    """Rows of staff.csv. Raises Refused with every fault.

    :param places: the place_ids there are.
    :param known: the members that are stored, by staff_id: a successor or deputy may be one of them.
    :param zone: in which a day begins and ends.
    """
    faults: list[Fault] = []
    members: list[StaffRow] = []
    seen: set[str] = set()
    given = read_table(text, STAFF_COLUMNS, (*ENDING_COLUMNS, *TIME_COLUMNS))
    known = {**known, **{cells["staff_id"]: _known(cells, known) for cells in given if cells}}
    for number, cells in enumerate(given, start=2):
        if not cells:
            continue
        phone = read_phone(cells["phone"])
        row = Row(f"row {number}", faults)
        times: dict[str, Any] = {name: _time(cells, name, zone, row) for name in TIMES}
        member = replace(_member(cells, phone if isinstance(phone, str) else None), **times)
        check_member(member, phone, places, row)
        if member.staff_id in seen:
            row.fault("staff_id", "repeated", "stands in an earlier row too")
        seen.add(member.staff_id)
        if cells["active"].lower() not in _YES + _NO:
            row.fault("active", "unknown", "must be true or false")
        check_successor(member, known, row)
        check_times(member, known, row)
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
        deputy=cells["deputy"] or None,
    )


def _time(cells: Mapping[str, str], name: str, zone: ZoneInfo, row: Row) -> datetime | None:
    """A day begins with `from` and is over with `to`."""
    text = cells[name]
    if not text:
        return None
    try:
        if len(text) == len("2022-10-01"):
            day = date.fromisoformat(text) + timedelta(days=name.endswith("_to"))
            return day_begins(day, zone)
        moment = read_moment(text)
    except (ValueError, OverflowError):
        row.fault(name, "unreadable", "is neither a day (2022-10-01) nor a time (2022-10-01T22:00+08:00)")
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=zone).astimezone(UTC)


def check_times(member: StaffRow, known: Mapping[str, Known], row: Row) -> None:
    """Of being away and of duty; a deputy is somebody else, who is at work."""
    for kind in ("away", "duty"):
        begins, ends = getattr(member, f"{kind}_from"), getattr(member, f"{kind}_to")
        if begins is None and ends is not None:
            row.fault(f"{kind}_from", "missing", f"must say when what ends with {kind}_to begins")
        elif begins is not None and ends is not None and ends <= begins:
            row.fault(f"{kind}_to", "before", f"must be later than {kind}_from")
    if member.duty_from is not None and member.duty_to is None:
        row.fault("duty_to", "missing", "must say when the duty ends")
    if member.deputy is None:
        return
    deputy = known.get(member.deputy)
    if member.deputy == member.staff_id or deputy is None or not deputy.active:
        row.fault("deputy", "unknown", "is no staff_id of somebody else who is active")


def _known(cells: Mapping[str, str], known: Mapping[str, Known]) -> Known:
    stored = known.get(cells["staff_id"])
    replaced_by = cells["replaced_by"] or (stored.replaced_by if stored else None)
    return Known(cells["role"], cells["active"].lower() in _YES, replaced_by)


def check_successor(member: StaffRow, known: Mapping[str, Known], row: Row) -> None:
    """Of somebody who has left: whoever goes on has the same role, and is at work or has a successor."""
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


def check_member(member: StaffRow, phone: str | PhoneFault | None, places: Set[str], row: Row) -> None:
    """:param phone: as it was read."""
    if not member.staff_id or len(member.staff_id) > 40:
        row.fault("staff_id", "length", "must have 1 to 40 characters")
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

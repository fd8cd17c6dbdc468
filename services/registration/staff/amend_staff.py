"""When an officer says who of the staff joined, changed, left, is away or on duty: keep and announce it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from chassis.commands.command import Outcome, Said
from chassis.database.statements import insert_rows
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from contracts.imported_tables import Row
from services.registration.persons.phones import read_phone
from services.registration.places.queries import place_ids, read_place_index
from services.registration.reference.versions import VERSIONS
from services.registration.staff.import_staff import write_members
from services.registration.staff.staff_file import (
    Known,
    StaffRow,
    check_member,
    check_successor,
    check_times,
)
from services.registration.staff.tables import staff, staff_history

_WHOLE: Final = "member"
_OUT_OF_REACH: Final = "administrator"
"""A role that reaches all places is not given by whoever answers for one of them."""


def amend_staff(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Decisions come from a door, one in a transaction. Raises Refused, which rolls it back."""
    return [_amend(uow, said) for said in commands]


def _amend(uow: UnitOfWork, said: Said) -> Outcome:
    # As an import does, before anything is read: whoever comes second sees what the first has left.
    VERSIONS.mark_changed(uow.conn, "staff")
    stored = {row.staff_id: row for row in uow.conn.execute(select(staff))}
    member = _amended(uow, said, stored)
    versions = write_members(uow, [member], stored, cause=said.event)
    before = stored.get(member.staff_id)
    version = versions[0] if versions else before.version if before is not None else 0
    if not versions:
        return Outcome.not_noted(staff_id=member.staff_id, version=version)
    line = {"staff_id": member.staff_id, "version": version, "at": said.at, "what": said.data["what"]}
    insert_rows(uow.conn, staff_history, [line | {"event_id": said.event.id, "source": said.author.source}])
    return Outcome.done(staff_id=member.staff_id, version=version)


def _amended(uow: UnitOfWork, said: Said, stored: Mapping[str, Any]) -> StaffRow:
    """The member as they are from now on. Raises Refused with all faults."""
    data = said.data
    index = read_place_index(uow.conn)
    row = stored.get(data["staff_id"])
    if row is not None and not index.is_within(said.scope, row.place):
        raise Refused.unknown("member of staff", data["staff_id"])
    if row is None and data["what"] != "added":
        raise Refused.unknown("member of staff", data["staff_id"])
    if (row.version if row is not None else 0) != data["expects"]:
        version = row.version if row is not None else 0
        raise Refused.conflict("expects", f"the member is at version {version} now")
    member = member_after(_member(uow, row) if row is not None else None, data, said.at)
    faults: list[Fault] = []
    known = {id: Known(one.role, one.active, one.replaced_by) for id, one in stored.items()}
    known[member.staff_id] = Known(member.role, member.active, member.replaced_by)
    collected = Row(_WHOLE, faults)
    phone = read_phone(member.phone or "")
    member = replace(member, phone=phone if isinstance(phone, str) else None)
    check_member(member, phone, place_ids(uow.conn), collected)
    check_successor(member, known, collected)
    check_times(member, known, collected)
    faults = [replace(fault, where=fault.where.removeprefix(f"{_WHOLE}, ")) for fault in faults]
    if row is not None and row.active and data["what"] == "added":
        faults.append(Fault("staff_id", "known", "is somebody who is at work"))
    if member.role == _OUT_OF_REACH and (row is None or row.role != _OUT_OF_REACH):
        faults.append(Fault("role", "not_by_this", f"{_OUT_OF_REACH} is given by importing staff.csv"))
    if faults:
        raise Refused.invalid(faults)
    if not index.is_within(said.scope, member.place):
        raise Refused("not_allowed", [Fault("place", "not_allowed", "lies outside your own places")])
    return member


def member_after(member: StaffRow | None, data: Mapping[str, Any], at: datetime) -> StaffRow:
    """The member after the amendment, not checked yet. Pure.

    :param member: None: there was none.
    """
    what = data["what"]
    given = {name: data[name] for name in ("role", "place", "name", "phone", "language") if data.get(name)}
    if member is None:
        empty = StaffRow(data["staff_id"], "", "", "", None, "zh-CN", True)
        return replace(empty, **given)
    if what == "added":
        member = replace(member, active=True, replaced_by=None)
        return replace(_without_times(member), **given)
    if what == "left":
        return replace(_without_times(member), active=False, replaced_by=data.get("replaced_by"))
    if what == "amended":
        return replace(member, **given)
    if what in ("away", "back"):
        is_away = what == "away"
        return replace(
            member,
            away_from=(data.get("away_from") or at) if is_away else None,
            away_to=data.get("away_to") if is_away else None,
            deputy=data.get("deputy") if is_away else None,
        )
    on_duty = what == "on_duty"
    return replace(
        member,
        duty_from=(data.get("duty_from") or at) if on_duty else None,
        duty_to=data.get("duty_to") if on_duty else None,
    )


def _without_times(member: StaffRow) -> StaffRow:
    return replace(member, away_from=None, away_to=None, deputy=None, duty_from=None, duty_to=None)


def _member(uow: UnitOfWork, row: Any) -> StaffRow:
    person = uow.sealer.unseal(row.sealed)
    return StaffRow(
        staff_id=row.staff_id,
        role=row.role,
        place=row.place,
        name=person["name"],
        phone=person["phone"],
        language=row.language,
        active=row.active,
        replaced_by=row.replaced_by,
        away_from=row.away_from,
        away_to=row.away_to,
        deputy=row.deputy,
        duty_from=row.duty_from,
        duty_to=row.duty_to,
    )

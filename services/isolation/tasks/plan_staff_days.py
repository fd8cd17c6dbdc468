"""Each morning each member of staff who has something to do learns what the day holds, once."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from functools import cache
from typing import Any, Final

from sqlalchemy import Select, String, case, cast, func, select

from chassis.database.statements import insert_rows
from chassis.errors import SettingsError
from chassis.unit_of_work import UnitOfWork
from services.isolation.cases.events import caused_by_case
from services.isolation.cases.tables import cases
from services.isolation.plans import states
from services.isolation.plans.present import Present
from services.isolation.plans.tables import staff_days, tasks
from services.isolation.reference import current
from services.isolation.teams.rules import Staff
from services.isolation.teams.tables import staff as staff_table

SETTING: Final = "DOORSTEP_DAY_PLANNED_AT"
_USUAL: Final = "06:30"
_TOO_LATE: Final = time(18)
"""After this a day that nobody was told of is over."""
_FIRST_VISIT: Final = "first_contact"
_STAFF: Final = staff_table.name

_k, _c = tasks.c, cases.c
_CASE: Final = cast(_c.case_id, String)
_HOUSEHOLDS: Final = (func.count(func.coalesce(_c.household_id, _CASE).distinct()), func.min(_CASE))
_NOBODY: Final = (0, "")


@dataclass(frozen=True, slots=True)
class StaffDay:
    """What one member of staff has to do on a day.

    :param case_id: one of the cases that it is about.
    :param ending: households for which they answer, and whose term ends.
    """

    case_id: str
    households: int
    by_kind: Mapping[str, int]
    overdue: int
    ending: int

    def as_data(self) -> dict[str, Any]:
        return {
            "case_id": self.case_id,
            "arrival_id": self.case_id,
            "households": self.households,
            "tasks": sum(self.by_kind.values()),
            "by_kind": [{"kind": kind, "tasks": self.by_kind[kind]} for kind in sorted(self.by_kind)],
            "overdue": self.overdue,
            "first_visits": self.by_kind.get(_FIRST_VISIT, 0),
            "ending": self.ending,
        }


@cache
def planned_at() -> time:
    """The time of day, by the clock of the jurisdiction. Raises SettingsError."""
    given = os.environ.get(SETTING, "").strip() or _USUAL
    try:
        at = time.fromisoformat(given)
    except ValueError:
        at = _TOO_LATE
    if at >= _TOO_LATE or at.tzinfo is not None:
        raise SettingsError(f"{SETTING}={given[:40]} must be a time before {_TOO_LATE:%H:%M}, as in {_USUAL}")
    return at


def plan_staff_days(uow: UnitOfWork) -> int:
    """Record staff.day_planned for everybody who has something to do today. Returns how many there are.

    The row of the day is written first: another replica that writes it too waits, and finds it there.
    """
    present = Present.at(uow.now, uow.zone)
    local = uow.now.astimezone(uow.zone).time()
    if not planned_at() <= local < _TOO_LATE:
        uow.taking.not_now()
        return 0
    if not _may_begin(uow, present):
        return 0
    found = _days(uow, present)
    staff, told = current(uow).staff, 0
    for staff_id in uow.taking.among(_STAFF, sorted(found)):
        with uow.taking.working_on(_STAFF, staff_id):
            told += _tell(uow, present, staff, staff_id, found[staff_id])
    return told


def _tell(uow: UnitOfWork, present: Present, staff: Staff, staff_id: str, day: StaffDay) -> bool:
    member = staff.active(staff_id)
    if member is None:  # whoever goes on with their tasks has them tomorrow
        return False
    data = {
        "staff_id": staff_id,
        "role": member.role,
        "contact": member.person,
        "language": member.language,
        "on": present.today,
        **day.as_data(),
    }
    cause = caused_by_case(uow, day.case_id, f"staff.day_planned:{staff_id}:{present.today}")
    uow.record("staff.day_planned", staff_id, present.today.toordinal(), data, cause=cause)
    return True


def _may_begin(uow: UnitOfWork, present: Present) -> bool:
    """The day begins once; whoever was set aside on it may be told of it later."""
    if uow.taking.only:
        return True
    row = {"day": present.today, "planned_at": uow.now}
    return not _is_planned(uow, present) and bool(
        insert_rows(uow.conn, staff_days, [row], ignore_conflicts=True, returning=("day",))
    )


def _is_planned(uow: UnitOfWork, present: Present) -> bool:
    planned = select(staff_days.c.day).where(staff_days.c.day == present.today)
    return uow.conn.execute(planned).one_or_none() is not None


def _days(uow: UnitOfWork, present: Present) -> Mapping[str, StaffDay]:
    """By member of staff. Three statements, however many tasks there are; once a day."""
    # Every task that somebody still has to do has a next step of the ladder: the index of these is the small
    # part of the table.
    today = (
        _k.tell_at.is_not(None),
        _k.state.in_((states.DUE, states.MISSED)),
        _k.due_from < present.tomorrow_begins,
        _k.staff_id.is_not(None),
    )
    late = func.sum(case((_k.due_by < uow.now, 1), else_=0))
    counted = select(_k.staff_id, _k.kind, func.count(), late).where(*today).group_by(_k.staff_id, _k.kind)
    by_kind: dict[str, dict[str, int]] = defaultdict(dict)
    overdue: Counter[str] = Counter()
    for staff_id, kind, number, of_them_late in uow.conn.execute(counted):
        by_kind[staff_id][kind] = number
        overdue[staff_id] += int(of_them_late)
    of_tasks = select(_k.staff_id, *_HOUSEHOLDS).join_from(tasks, cases, _c.case_id == _k.case_id)
    households = _by_staff(uow, of_tasks.where(*today).group_by(_k.staff_id))
    ends = (_c.closed_at.is_(None), _c.release_on == present.today, _c.owner.is_not(None))
    ending = _by_staff(uow, select(_c.owner, *_HOUSEHOLDS).where(*ends).group_by(_c.owner))
    return {
        staff_id: StaffDay(
            (households.get(staff_id) or ending[staff_id])[1],
            households.get(staff_id, _NOBODY)[0],
            by_kind[staff_id],
            overdue[staff_id],
            ending.get(staff_id, _NOBODY)[0],
        )
        for staff_id in households.keys() | ending.keys()
    }


def _by_staff(uow: UnitOfWork, households: Select[Any]) -> dict[str, tuple[int, str]]:
    """(number of households, one of their cases) by member of staff."""
    return {staff_id: (number, case_id) for staff_id, number, case_id in uow.conn.execute(households)}

"""The events about a case, and the event they are caused by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from services.isolation.cases.case import Case
from services.isolation.cases.story import Standing
from services.isolation.plans.task import Task
from services.isolation.teams.ladder import Informed
from services.isolation.teams.rules import Member, Staff

_WATCHED = (
    *("state", "measure", "days", "counted_from", "release_on", "risk_level", "policy_id", "owner"),
    "household",  # what is kept of one that somebody left is stripped with their case
)


def case_data(
    case: Case, stands: Standing, staff: Staff, tasks: Iterable[Task], tomorrow: datetime
) -> dict[str, Any]:
    """Data of case.opened; of the tasks those that begin before `tomorrow`."""
    arrival, first_day = case.arrival, stands.rule.first_day(case.counted_from, stands.arrival_day)
    return {
        "case_id": case.case_id,
        "arrival_id": case.case_id,
        "state": case.state,
        "measure": case.measure,
        "days": case.days,
        "counted_from": case.counted_from,
        **({"first_day": first_day} if first_day != case.counted_from else {}),
        "release_on": case.release_on,
        "risk_level": case.risk_level,
        "policy": {"policy_id": case.policy_id, "edition": stands.policy.edition},
        "person": arrival.person,
        "language": arrival.language,
        "household_id": arrival.household_id,
        "street": arrival.street,
        "community": arrival.community,
        "grid": arrival.grid,
        "team": [member_data(role, who, staff) for role, who in case.team],
        "told": list(stands.rule.told),
        "assigned": case.owner is not None,
        "tasks_planned": case.tasks_planned,
        "today": [
            {"kind": t.kind, "day": t.day, "due_from": t.due_from, "due_by": t.due_by, "role": t.role}
            for t in tasks
            if t.due_from < tomorrow
        ],
    }


def member_data(role: str, staff_id: str, staff: Staff) -> dict[str, Any]:
    """A member of a team, in the events about cases."""
    member = staff.by_id.get(staff_id)
    return {"role": role, "staff_id": staff_id, "contact": member.person if member else None}


def change_data(kinds: Sequence[str], before: Case, reason: str, team: Sequence[Member]) -> dict[str, Any]:
    """`change` in case.changed, beside the data of the case.

    :param team: that of the case after the change.
    """
    change = {"kinds": kinds, "previous_measure": before.measure, "reason": reason}
    had = dict(before.team)
    joined = [member.staff_id for member in team if had.get(member.role, member.staff_id) != member.staff_id]
    return change | {"joined": joined} if joined else change


def alarm_data(case: Case, task: Task, informed: Informed) -> dict[str, Any]:
    """What every event says that tells somebody of one task of a case at once."""
    return {
        "case_id": case.case_id,
        "arrival_id": case.case_id,
        "task_id": task.task_id,
        "due_by": task.due_by,
        "tell": informed.as_data(),
        "community": case.arrival.community,
        "grid": case.arrival.grid,
    }


def tasks_data(case_id: str, tasks: Iterable[Task]) -> dict[str, Any]:
    """Data of task.planned."""
    return {
        "case_id": case_id,
        "arrival_id": case_id,
        "tasks": [
            {
                "task_id": t.task_id,
                "kind": t.kind,
                "day": t.day,
                "due_from": t.due_from,
                "due_by": t.due_by,
                "role": t.role,
                "staff_id": t.staff_id,
            }
            for t in tasks
        ],
    }


def caused_by_case(uow: UnitOfWork, case_id: str, correlation_id: str) -> Event:
    """The cause where a timer acts: its correlation leads back to the report that set off the case."""
    return Event(
        id=f"case:{case_id}",
        source=uow.source,
        type="case",
        subject=case_id,
        time=uow.now,
        data={},
        correlationid=correlation_id,
    )


def differences(before: Case, after: Case) -> Mapping[str, Any]:
    """The changed values, old and new, for a case's history; nothing sealed and nothing personal."""
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in _WATCHED)
    return {name: [_plain(old), _plain(new)] for name, old, new in pairs if old != new}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value

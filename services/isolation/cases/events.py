"""How a case is told to the others, and written into its own history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from services.isolation.reference import StaffMember

_OUTLINE = ("kind", "day", "due_from", "due_by", "role")
_WATCHED = ("state", "measure", "days", "counted_from", "release_on", "risk_level", "policy_id", "owner")


def case_in_full(
    case: Mapping[str, Any],
    edition: str,
    staff: Mapping[str, StaffMember],
    tasks: Iterable[Mapping[str, Any]],
    tomorrow: datetime,
    change: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Data of case.opened, and with `change` of case.changed; of the tasks what begins before `tomorrow`."""
    data: dict[str, Any] = {
        "case_id": case["case_id"],
        "arrival_id": case["case_id"],
        "state": case["state"],
        "measure": case["measure"],
        "days": case["days"],
        "counted_from": case["counted_from"],
        "release_on": case["release_on"],
        "risk_level": case["risk_level"],
        "policy": {"policy_id": case["policy_id"], "edition": edition},
        "person": case["person"],
        "language": case["language"],
        "household_id": case["household_id"],
        "street": case["street"],
        "community": case["community"],
        "grid": case["grid"],
        "team": [
            {"role": role, "staff_id": who, "contact": staff[who].person if who in staff else None}
            for role, who in case["team"]
        ],
        "assigned": case["owner"] is not None,
        "tasks_planned": case["tasks_planned"],
        "today": [{name: task[name] for name in _OUTLINE} for task in tasks if task["due_from"] < tomorrow],
    }
    if change is not None:
        data["change"] = change
    return data


def tasks_in_full(case_id: str, rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Data of task.planned."""
    names = ("task_id", *_OUTLINE, "staff_id")
    return {
        "case_id": case_id,
        "arrival_id": case_id,
        "tasks": [{name: row[name] for name in names} for row in rows],
    }


def caused_by_case(uow: UnitOfWork, case_id: str, correlation_id: str) -> Event:
    """Where a timer acts, the correlation leads back to the report that set off the case."""
    return Event(
        id=f"case:{case_id}",
        source=uow.source,
        type="case",
        subject=case_id,
        time=uow.now,
        data={},
        correlationid=correlation_id,
    )


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What became of what, for a case's history; nothing sealed and nothing personal."""
    return {n: [_plain(before[n]), _plain(after[n])] for n in _WATCHED if before[n] != after[n]}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value

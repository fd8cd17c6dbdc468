"""Leave to go out as doors show it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chassis.doors.declared import Asked
from chassis.unit_of_work import UnitOfWork
from services.isolation.permits.rows import Permit, opened
from services.isolation.permits.rules import ASKED, EMERGENCY, GRANTED


def shown_permit(
    uow: UnitOfWork, asked: Asked, permit: Permit, *, own: bool, told: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """Times in the district's zone.

    :param own: whether whoever asks may read what was written and answered, and take it back.
    :param told: role and name of those who were told at once.
    """
    wrote, answer = (opened(uow, permit.asked), opened(uow, permit.said)) if own else ({}, {})
    return {
        "permit_id": permit.permit_id,
        "people": list(permit.people),
        "kind": permit.kind,
        "where": wrote.get("where"),
        "why": wrote.get("why"),
        "how": answer.get("how") or wrote.get("how"),
        "at": _local(permit.at, asked),
        "outings": [
            {
                "begins": _local(one.begins, asked),
                "ends": _local(one.ends, asked),
                "left_at": _local(course.left_at, asked),
                "back_at": _local(course.back_at, asked),
                "late": course.late,
            }
            for one, course in zip(permit.outings, permit.courses, strict=True)
        ],
        "by": _local(permit.due_by, asked),
        "state": permit.state,
        "reviewed": permit.reviewed,
        "decided_at": _local(permit.decided_at, asked),
        "reason": answer.get("reason"),
        "escort": answer.get("escort"),
        "told": list(told),
        "may_withdraw": own and permit.kind != EMERGENCY and may_be_withdrawn(permit, asked.now),
    }


def may_be_withdrawn(permit: Permit, now: datetime) -> bool:
    is_out = any(course.is_out for course in permit.courses)
    return permit.state in (ASKED, GRANTED) and permit.ends > now and not is_out


def _local(moment: datetime | None, asked: Asked) -> str | None:
    return moment.astimezone(asked.zone).isoformat() if moment else None

"""A need as doors show it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chassis.doors.declared import Asked
from chassis.unit_of_work import UnitOfWork
from services.isolation.needs.rows import Need, text_of
from services.isolation.needs.rules import OPEN


def shown_need(
    uow: UnitOfWork, asked: Asked, need: Need, *, own: bool, told: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """Times in the district's zone.

    :param own: whether whoever asks may read what was written, and take it back.
    :param told: role and name of those who were told at once.
    """
    return {
        "need_id": need.need_id,
        "people": list(need.people),
        "kind": need.kind,
        "text": text_of(uow, need) if own else None,
        "days_left": need.days_left,
        "needs_cold": need.needs_cold,
        "at": _local(need.at, asked),
        "by": _local(need.due_by, asked),
        "urgent": need.urgent,
        "state": need.state,
        "seen_at": _local(need.seen_at, asked),
        "settled_at": _local(need.settled_at, asked),
        "how": need.how,
        "because": need.because,
        "told": list(told),
        "may_withdraw": own and need.state in OPEN and not need.urgent,
    }


def _local(moment: datetime | None, asked: Asked) -> str | None:
    return moment.astimezone(asked.zone).isoformat() if moment else None

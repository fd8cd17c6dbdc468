"""When an event cannot be read: tell its publisher which one, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import BadEvent
from services.registration.intake.answers import reject


def refuse_unreadable(uow: UnitOfWork, events: Sequence[BadEvent]) -> None:
    """Each is a dead letter and no report."""
    for event in events:
        if event.fault:
            reject(uow, event, new_id(), [event.fault])

"""When a report comes under an id that another report had: refuse it, and tell its publisher."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from contracts.faults import Fault
from services.registration.intake.answers import reject

REUSED: Final = Fault(
    "id", "id_reused", "the same source and id came before with other content: send it under a new id"
)


def refuse_reused_ids(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """A corrected report needs an id of its own, too."""
    for event in events:
        reject(uow, event, new_id(), [REUSED])

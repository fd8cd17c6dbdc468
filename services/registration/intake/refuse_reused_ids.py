"""When a report comes under an id that was used before for something else."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from contracts.faults import Fault
from services.registration.intake.received import Received, reply

_REUSED = Fault(
    "id", "id_reused", "the same source and id came before with other content: send it under a new id"
)


def refuse_reused_ids(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Corrected or not: what comes under an id that was used for something else is another report."""
    for event in events:
        if event.publisher:
            reply(uow, Received(new_id(), event, [_REUSED], []))

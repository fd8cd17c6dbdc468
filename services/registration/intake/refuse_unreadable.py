"""When an event cannot be read: tell its publisher which one, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import BadEvent

# In place of the source or id of an event that has none, or one that is no text.
UNREADABLE = "(unreadable)"


def refuse_unreadable(uow: UnitOfWork, events: Sequence[BadEvent]) -> None:
    """Each is a dead letter and no report. The reply names it as far as its id and source can be read."""
    for event in events:
        if event.publisher and event.fault:
            report_id = new_id()
            answer = {
                "report_id": report_id,
                "event": {"source": event.source or UNREADABLE, "id": event.id or UNREADABLE},
                "reasons": [event.fault.as_dict()],
                "received_at": uow.now,
            }
            uow.reply(event.publisher, "report.rejected", report_id, answer, cause=event)

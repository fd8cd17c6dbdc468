"""Answers to publishers, in their reply queues."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from chassis.unit_of_work import UnitOfWork
from contracts.envelope import BadEvent, Event, named
from contracts.faults import Fault


def accept(
    uow: UnitOfWork,
    event: Event,
    report_id: str,
    outcome: str,
    arrival_ids: Mapping[int, str],
    to_correct: Sequence[Fault],
) -> None:
    """Nobody is answered where a report was imported.

    :param arrival_ids: by the position of the person.
    :param to_correct: the parts of it that wait for correction, or count as far as they are known.
    """
    if event.publisher:
        answer = {
            "report_id": report_id,
            "event": named(event),
            "received_at": uow.now,
            "outcome": outcome,
            "arrival_ids": list(arrival_ids.values()),
        }
        if to_correct:
            answer["to_correct"] = [fault.as_dict() for fault in to_correct]
        uow.reply(event.publisher, "report.accepted", report_id, answer, cause=event)


def reject(uow: UnitOfWork, event: Event | BadEvent, report_id: str, faults: Iterable[Fault]) -> None:
    """The answer names the event as far as its source and id can be read."""
    if event.publisher:
        answer = {
            "report_id": report_id,
            "event": named(event),
            "received_at": uow.now,
            "reasons": [fault.as_dict() for fault in faults],
        }
        uow.reply(event.publisher, "report.rejected", report_id, answer, cause=event)

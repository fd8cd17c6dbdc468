"""No message got through to somebody: to a resident somebody must call, for staff the next level is told."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from chassis.database import is_in
from chassis.errors import Wrong
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from services.isolation import tables as t
from services.isolation.domain.counting import day_number, local_day
from services.isolation.domain.escalation import NOBODY, above
from services.isolation.domain.planning import PlannedTask
from services.isolation.metrics import STAFF_NOT_REACHED
from services.isolation.reference import Reference, current
from services.isolation.usecases.casebook import Case, Casebook
from services.isolation.usecases.ladder import first_with_staff


def call_them(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """One task for the case's worker, once a message. A message to staff climbs instead, and makes none."""
    by_message = {e.data["message_id"]: e for e in events}
    to_residents = {m: e for m, e in by_message.items() if e.data["recipient"]["kind"] == "resident"}
    book = Casebook(uow, current(uow.conn, uow.zone))
    cases = book.lock({e.data["case_id"] for e in by_message.values()})
    k = t.tasks.c
    known = set(
        uow.conn.execute(
            select(k.about).where(is_in(uow.conn, k.case_id, cases), k.about.in_(to_residents))
        ).scalars()
    )
    for message_id in sorted(by_message.keys() - known):
        event = by_message[message_id]
        case = cases.get(event.data["case_id"])
        if case is None:
            raise Wrong(f"message {message_id} is about a case that is not here")
        if case["closed_at"] is not None:
            continue
        if message_id not in to_residents:
            _climb(uow, book.reference, case, event)
            continue
        wanted = book.reference.policies.by_id[case["policy_id"]].call_them
        number = day_number(local_day(event.time, uow.zone), case["counted_from"])
        task = PlannedTask(wanted.kind, number, event.time, event.time + wanted.within, wanted.role)
        book.add_task(case, task, message_id, event)
    book.write()


def _climb(uow: UnitOfWork, reference: Reference, case: Case, event: Event) -> None:
    """Tell the next level as of an overdue task, which was to tell those below: once a message.

    What that level does not get climbs on in the same way, and above the highest there is nobody.
    """
    policy = reference.policies.by_id[case["policy_id"]]
    rungs = above(policy, event.data["recipient"]["role"])
    found = first_with_staff(reference, case, rungs)
    uow.count(STAFF_NOT_REACHED, found["level"] if found else NOBODY)
    if found is None:
        return
    message_id = event.data["message_id"]
    step = 1 + next(n for n, rung in enumerate(policy.ladder) if rung.level == found["level"])
    data = {
        "task_id": message_id,
        "case_id": case["case_id"],
        "arrival_id": case["case_id"],
        "kind": "message_to_staff",
        "day": day_number(local_day(event.time, uow.zone), case["counted_from"]),
        "due_by": event.time,
        "step": step,
        "tell": found,
        "community": case["community"],
    }
    uow.record("task.overdue", message_id, step, data, cause=event)

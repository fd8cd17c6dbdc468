"""No message got through to a resident: somebody must call."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from chassis.database import is_in
from chassis.errors import Wrong
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from services.isolation import tables as t
from services.isolation.domain.counting import day_number, local_day
from services.isolation.domain.planning import PlannedTask
from services.isolation.reference import current
from services.isolation.usecases.casebook import Casebook


def call_them(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """One task for the case's worker, once a message. Messages to staff climb instead, and make none."""
    to_residents = {e.data["message_id"]: e for e in events if e.data["recipient"]["kind"] == "resident"}
    book = Casebook(uow, current(uow.conn, uow.zone))
    cases = book.lock({e.data["case_id"] for e in to_residents.values()})
    k = t.tasks.c
    known = set(
        uow.conn.execute(
            select(k.about).where(is_in(uow.conn, k.case_id, cases), k.about.in_(to_residents))
        ).scalars()
    )
    for message_id in sorted(to_residents.keys() - known):
        event = to_residents[message_id]
        case = cases.get(event.data["case_id"])
        if case is None:
            raise Wrong(f"message {message_id} is about a case that is not here")
        if case["closed_at"] is not None:
            continue
        wanted = book.reference.policies.by_id[case["policy_id"]].call_them
        number = day_number(local_day(event.time, uow.zone), case["counted_from"])
        task = PlannedTask(wanted.kind, number, event.time, event.time + wanted.within, wanted.role)
        book.add_task(case, task, message_id, event)
    book.write()

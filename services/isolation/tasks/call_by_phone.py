"""No message got through to somebody: to a resident somebody must call, for staff others are told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID, uuid5

from sqlalchemy import select

from chassis.database.statements import is_in
from chassis.errors import Wrong
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from field.days import local_day
from field.words import RUNGS
from services.isolation import tables as t
from services.isolation.cases.casebook import Case, Casebook
from services.isolation.metrics import STAFF_NOT_REACHED
from services.isolation.plans.planning import PlannedTask
from services.isolation.policies.counting import day_number
from services.isolation.policies.escalation import NOBODY, above
from services.isolation.reference import current
from services.isolation.teams.ladder import first_with_staff

_NOT_REACHED = "not_reached"
Missed = dict[tuple[str, str], set[str | None]]
"""(case, what a message was about) -> staff whom it did not reach."""


def call_by_phone(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """One task for the case's worker, once a message. A message to staff makes none: see `_climb`."""
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
    missed = _missed(uow, cases)
    for message_id in sorted(by_message.keys() - known):
        event = by_message[message_id]
        case = cases.get(event.data["case_id"])
        if case is None:
            raise Wrong(f"message {message_id} is about a case that is not here")
        if case["closed_at"] is not None:
            continue
        if message_id not in to_residents:
            _climb(book, case, event, missed)
            continue
        wanted = book.reference.policies.by_id[case["policy_id"]].call_them
        number = day_number(local_day(event.time, uow.zone), case["counted_from"])
        task = PlannedTask(wanted.kind, number, event.time, event.time + wanted.within, wanted.role)
        book.add_task(case, task, message_id, event)
    book.write()


def _missed(uow: UnitOfWork, case_ids: Collection[str]) -> Missed:
    h = t.case_history.c
    of_these = is_in(uow.conn, h.case_id, case_ids) & (h.what == _NOT_REACHED)
    found: Missed = defaultdict(set)
    for case_id, detail in uow.conn.execute(select(h.case_id, h.detail).where(of_these)):
        found[case_id, detail["about"]].add(detail["staff_id"])
    return found


def _climb(book: Casebook, case: Case, event: Event, missed: Missed) -> None:
    """Nothing climbs while another of the level that was told of an overdue task can have got it. Else, and
    for a message that went to one only, the next level is told as of an overdue task: once about a thing.

    What that level does not get climbs on in the same way, and above the highest there is nobody.
    """
    data, recipient = event.data, event.data["recipient"]
    about = data.get("about") or data["message_id"]  # who sent it before there was `about`
    not_reached = missed[case["case_id"], about]
    if recipient["staff_id"] in not_reached:
        return
    not_reached.add(recipient["staff_id"])
    policy = book.reference.policies.by_id[case["policy_id"]]
    level = [rung for rung in policy.ladder if rung.level == data.get("level") != RUNGS[0]]
    told = first_with_staff(book.reference, case, level)
    climbs = not told or not_reached.issuperset(member["staff_id"] for member in told["staff"])
    if climbs:
        told = first_with_staff(book.reference, case, above(policy, recipient["role"]))
    name = told["level"] if told else NOBODY
    book.uow.count(STAFF_NOT_REACHED, name)
    book.note(case, _NOT_REACHED, event, {"about": about, "staff_id": recipient["staff_id"], "told": name})
    if not climbs or told is None:
        return
    subject = str(uuid5(UUID(case["case_id"]), about)) if data.get("about") else about
    step = 1 + next(n for n, rung in enumerate(policy.ladder) if rung.level == told["level"])
    overdue = {
        "task_id": subject,
        "case_id": case["case_id"],
        "arrival_id": case["case_id"],
        "kind": "message_to_staff",
        "day": day_number(local_day(event.time, book.uow.zone), case["counted_from"]),
        "due_by": event.time,
        "step": step,
        "tell": told,
        "community": case["community"],
    }
    book.uow.record("task.overdue", subject, step, overdue, cause=event)

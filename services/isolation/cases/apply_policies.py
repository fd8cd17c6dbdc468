"""A policy was published or corrected: it is applied to the open cases it reaches."""

from __future__ import annotations

from chassis.database.statements import update_rows
from chassis.unit_of_work import UnitOfWork
from services.isolation import tables as t
from services.isolation.cases.arrival import chapter_in
from services.isolation.cases.casebook import Case, Casebook, is_corrected
from services.isolation.cases.story import Chapter, in_order
from services.isolation.cases.taking import take, wanted
from services.isolation.reference import current


def apply_policies(uow: UnitOfWork) -> int:
    """A policy that says it applies to open cases, or was corrected: their plan is made anew from today."""
    reference = current(uow.conn, uow.zone)
    book = Casebook(uow, reference)
    c = t.cases.c
    cases = take(uow, c.closed_at.is_(None) & (c.policy_epoch < book.open_epoch), c.policy_epoch)
    affected: list[tuple[Case, list[Chapter]]] = []
    untouched: list[Case] = []
    for case in cases:
        chapters = [chapter_in(stored) for stored in case["chapters"]]
        policy = reference.policies.in_force(case["division"], uow.now)
        if policy and policy.applies_to_open_cases and policy.policy_id != case["policy_id"]:
            chapters = in_order([*chapters, Chapter(None, uow.now, (), policy.policy_id)])
        elif not is_corrected(case, reference.policies.by_id[case["policy_id"]]):
            untouched.append({"case_id": case["case_id"], "policy_epoch": book.open_epoch})
            continue
        case["policy_epoch"] = book.open_epoch
        affected.append((case, chapters))
    update_rows(uow.conn, t.cases, untouched, key=["case_id"], set=["policy_epoch"])
    book.tasks.read([case["case_id"] for case, _ in affected])
    book.loads.read(wanted(book, [case for case, _ in affected]))
    for case, chapters in affected:
        book.revise(case, chapters=chapters, cause=None, reason="policy_changed", from_today=True)
    book.write()
    return len(cases)

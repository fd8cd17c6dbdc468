"""A policy was published or corrected: it is applied to the open cases it reaches."""

from __future__ import annotations

from dataclasses import replace

from chassis.database.statements import update_rows
from chassis.unit_of_work import UnitOfWork
from services.isolation.cases.case import Case
from services.isolation.cases.casebook import Casebook, casebook
from services.isolation.cases.revise_cases import Occasion, revise_cases
from services.isolation.cases.revising import Change, is_corrected
from services.isolation.cases.story import Chapter
from services.isolation.cases.tables import cases as table

_REASON = "policy_changed"


def apply_policies(uow: UnitOfWork) -> int:
    """A policy that says it applies to open cases, or was corrected: their plan is made anew from today."""
    c = table.c
    with casebook(uow) as book:
        epoch = book.reference.policies.open_epoch(uow.now)
        cases = book.take(c.closed_at.is_(None) & (c.policy_epoch < epoch), c.policy_epoch)
        occasions: list[Occasion] = []
        untouched: list[dict[str, object]] = []
        for case in cases:
            if (change := _change(book, case)) is None:
                untouched.append({"case_id": case.case_id, "policy_epoch": epoch})
            else:
                occasions.append(Occasion(replace(case, policies_seen=epoch), change))
        update_rows(uow.conn, table, untouched, key=["case_id"], set=["policy_epoch"])
        revise_cases(book, occasions)
    return len(cases)


def _change(book: Casebook, case: Case) -> Change | None:
    """The change that a policy makes to the case; None: it makes none."""
    policies, now = book.reference.policies, book.uow.now
    policy = policies.in_force(case.arrival.division, now)
    if policy and policy.applies_to_open_cases and policy.policy_id != case.policy_id:
        begins = Chapter(None, now, (), policy.policy_id)
        return Change(_REASON, chapters=(begins,), from_today=True)
    if is_corrected(case, book.policy(case)):
        return Change(_REASON, from_today=True)
    return None

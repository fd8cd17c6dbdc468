"""A policy was published or corrected: it is applied to the open cases it reaches."""

from __future__ import annotations

from dataclasses import replace

from chassis.database.statements import update_rows
from chassis.unit_of_work import UnitOfWork
from services.isolation.cases.case import Case
from services.isolation.cases.casebook import Casebook, casebook
from services.isolation.cases.revise_cases import Occasion, revise_cases
from services.isolation.cases.revising import Change, policy_change
from services.isolation.cases.tables import cases as table


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
    in_force = book.reference.policies.in_force(case.arrival.division, book.uow.now)
    return policy_change(case, in_force, book.policy(case), book.uow.now)

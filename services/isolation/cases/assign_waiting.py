"""Staff have come: cases that wait for an owner, or whose team lacks a role, are given to them."""

from __future__ import annotations

from chassis.database.statements import update_rows
from chassis.unit_of_work import UnitOfWork
from services.isolation import tables as t
from services.isolation.cases.casebook import Casebook
from services.isolation.cases.taking import take, wanted
from services.isolation.reference import current


def assign_waiting(uow: UnitOfWork) -> int:
    """Give cases without an owner to staff that have come since; then fill the teams that lack somebody."""
    book = Casebook(uow, current(uow.conn, uow.zone))
    c = t.cases.c
    older = c.staff_epoch < book.reference.staff.revision
    cases = take(uow, c.unassigned_since.is_not(None) & older, c.staff_epoch)
    ready = [case for case in cases if book.may_be_assigned(case)]
    if not cases:
        thin = c.team_lacks.is_not(None) & c.closed_at.is_(None)
        cases = take(uow, thin & older, c.staff_epoch)
        ready = [case for case in cases if book.may_be_filled(case)]
    passed_over = {case["case_id"] for case in cases} - {case["case_id"] for case in ready}
    others = [{"case_id": case, "staff_epoch": book.reference.staff.revision} for case in sorted(passed_over)]
    update_rows(uow.conn, t.cases, others, key=["case_id"], set=["staff_epoch"])
    book.tasks.read([case["case_id"] for case in ready])
    book.loads.read(wanted(book, ready))
    for case in ready:
        if case["owner"] is None:
            book.assign(case, reason="staff_came")
        else:
            book.revise(case, cause=None, reason="staff_came", from_today=True)
    book.write()
    return len(cases)

"""Staff have left: their cases are given to others."""

from __future__ import annotations

from sqlalchemy import Text, select, type_coerce, update

from chassis.database.statements import lock_rows
from chassis.unit_of_work import UnitOfWork
from services.isolation import tables as t
from services.isolation.cases.casebook import Casebook
from services.isolation.cases.taking import take, wanted
from services.isolation.reference import current


def hand_over(uow: UnitOfWork) -> int:
    """Give the cases of staff who have left to those who are there; where nobody is, they wait on the list.

    Open cases are searched through for them: it happens seldom, and an index would cost every arrival.
    """
    s, load = t.staff.c, t.staff_load
    left = uow.conn.execute(
        select(s.staff_id)
        .join_from(t.staff, load, load.c.staff_id == s.staff_id)
        .where(s.active.is_(False), load.c.cases > 0)
        .order_by(s.staff_id)
        .limit(1)
    ).scalar_one_or_none()
    if left is None:
        return 0
    c = t.cases.c
    theirs = c.closed_at.is_(None) & type_coerce(c.team, Text).contains(f'"{left}"', autoescape=True)
    cases = take(uow, theirs, c.case_id)
    if not cases:
        # A replica that does not know yet waits for this lock, or has committed before the search.
        lock_rows(uow.conn, load, "staff_id", [left])
        held = uow.conn.execute(select(c.case_id).where(theirs).limit(1)).first()
        if held is None:  # what is counted are cases that have ended since
            uow.conn.execute(update(load).where(load.c.staff_id == left).values(cases=0))
        return 0
    book = Casebook(uow, current(uow.conn, uow.zone))
    book.tasks.read([case["case_id"] for case in cases])
    book.loads.read(wanted(book, cases))
    for case in cases:
        book.revise(case, cause=None, reason="staff_left", from_today=True)
    book.write()
    return len(cases)

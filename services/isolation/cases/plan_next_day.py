"""Each day the next day is planned for every case that is followed."""

from __future__ import annotations

from chassis.unit_of_work import UnitOfWork
from services.isolation import tables as t
from services.isolation.cases.casebook import Casebook
from services.isolation.cases.taking import take
from services.isolation.reference import current


def plan_next_day(uow: UnitOfWork) -> int:
    """Plan what is due tomorrow for every case followed; days that were missed are planned too."""
    book = Casebook(uow, current(uow.conn, uow.zone))
    cases = take(uow, t.cases.c.plan_next <= book.through, t.cases.c.plan_next)
    for case in cases:
        book.plan_more(case)
    book.write()
    return len(cases)

"""Staff have left: their cases are given to others."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select, update

from chassis.database.statements import is_in, lock_rows
from chassis.unit_of_work import UnitOfWork
from chassis.walks import Walk
from services.isolation.cases.casebook import CHUNK, casebook
from services.isolation.cases.revise_cases import Occasion, revise_cases
from services.isolation.cases.revising import Change
from services.isolation.cases.rows import has_in_team
from services.isolation.cases.tables import cases as table
from services.isolation.teams.tables import staff, staff_load


def hand_over(uow: UnitOfWork) -> int:
    """Give the cases of a member of staff who has left to others; without others, they wait on the list.

    Returns how many; 1 where it found none, and goes on looking for them.
    """
    for staff_id, count in _who_left(uow):
        theirs = table.c.closed_at.is_(None) & has_in_team(staff_id)
        aside = _aside(uow, theirs)
        if count <= aside:
            continue
        walk = Walk(uow, "hand_over", table.c.case_id, f"{staff_id} {count}")
        room = uow.taking.room(CHUNK)
        with casebook(uow) as book:
            cases = book.take(theirs & walk.here, table.c.case_id)
            change = Change("staff_left", from_today=True)
            revise_cases(book, [Occasion(case, change) for case in cases])
        goes_on = walk.note(theirs, [case.case_id for case in cases], room)
        if walk.was_in_vain:
            _reset_count(uow, staff_id, count, aside)
        if cases or goes_on or walk.was_in_vain:
            return len(cases) or goes_on
    return 0


def _who_left(uow: UnitOfWork) -> Sequence[tuple[str, int]]:
    """All of them with their number of cases: what is left of the first may be set aside."""
    s = staff.c
    left = (
        select(s.staff_id, staff_load.c.cases)
        .join_from(staff, staff_load, staff_load.c.staff_id == s.staff_id)
        .where(s.active.is_(False), staff_load.c.cases > 0)
        .order_by(s.staff_id)
    )
    return [tuple[str, int](row) for row in uow.conn.execute(left)]


def _aside(uow: UnitOfWork, theirs: ColumnElement[bool]) -> int:
    """How many of theirs are set aside: for those alone all would be searched through for days."""
    keys = uow.taking.aside_of(table.name)
    if not keys:
        return 0
    these = is_in(uow.conn, table.c.case_id, keys) & theirs
    return uow.conn.execute(select(func.count()).select_from(table).where(these)).scalar_one()


def _reset_count(uow: UnitOfWork, staff_id: str, count: int, aside: int) -> None:
    """None of their cases is open but those that are set aside: the count is of cases that have ended since.

    Lock first: a replica that does not know yet that they left may be giving them a case right now. Either it
    waits for this lock, or the count has grown, and the next walk finds the case.
    """
    lock_rows(uow.conn, staff_load, "staff_id", [staff_id])
    as_it_was = (staff_load.c.staff_id == staff_id) & (staff_load.c.cases == count)
    uow.conn.execute(update(staff_load).where(as_it_was).values(cases=aside))

"""The day on which a case is stripped is written down, so that an index finds those that are due."""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, and_, select

from chassis.database.statements import is_in, update_rows, upsert_rows
from chassis.unit_of_work import UnitOfWork
from chassis.walks import Walk
from services.isolation.cases import states
from services.isolation.cases.rows import case_from
from services.isolation.cases.tables import cases, district_walks
from services.isolation.reference import current
from services.isolation.retention.rules import strip_on

_NAME: Final = "terms"
_MOST: Final = 1000
_C: Final = cases.c


def find_terms(uow: UnitOfWork, today: date) -> int:
    """Walk through all cases once a day, piece by piece, for those that have ended and have no such day yet.

    An index would cost every arrival, and no term is shorter than a month. Cases from before there were terms
    are found likewise, and what a process of an earlier version ended. Returns how many it found; 1 where it
    found none and goes on looking.
    """
    off_the_way = uow.taking.only is not None
    if _is_done(uow, today) and not off_the_way:
        return 0
    wanted = _without_term()
    walk = Walk(uow, "strip_terms", _C.case_id, str(today))
    room = uow.taking.room(_MOST)
    page = select(_C.case_id).where(wanted, walk.here).order_by(_C.case_id)
    ids = [row.case_id for row in uow.take(page, _C.case_id, _MOST)]
    goes_on = walk.note(wanted, ids, room)
    _give(uow, ids)
    if not goes_on and not off_the_way and room > 0:
        done = {"name": _NAME, "revision": today.toordinal(), "after": None}
        upsert_rows(uow.conn, district_walks, [done], key=["name"], set=["revision", "after"])
    return len(ids) or goes_on


def _is_done(uow: UnitOfWork, today: date) -> bool:
    d = district_walks.c
    day = uow.conn.execute(select(d.revision).where(d.name == _NAME)).scalar_one_or_none()
    return bool(day == today.toordinal())


def _without_term() -> ColumnElement[bool]:
    ended = _C.closed_at.is_not(None) & (_C.state != states.EXPECTED)
    return and_(_C.strip_on.is_(None), _C.stripped_at.is_(None), ended)


def _give(uow: UnitOfWork, case_ids: list[str]) -> None:
    """Locked in sorted order: what became of them meanwhile counts."""
    these = select(cases).where(is_in(uow.conn, _C.case_id, case_ids)).order_by(_C.case_id)
    found = [case_from(row) for row in uow.conn.execute(these.with_for_update())] if case_ids else []
    policies = current(uow).policies.by_id
    rows = [
        {
            "case_id": case.case_id,
            "strip_on": strip_on(case, policies[case.policy_id].retention_days, uow.zone),
        }
        for case in found
    ]
    update_rows(uow.conn, cases, rows, key=["case_id"], set=["strip_on"])

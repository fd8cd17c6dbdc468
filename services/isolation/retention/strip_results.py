"""Positive results of people who are not followed here lose their names, too."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from sqlalchemy import or_, select, text, update

from chassis.database.statements import is_in
from chassis.unit_of_work import UnitOfWork
from field.days import day_begins
from services.isolation.reference import current
from services.isolation.retention.rules import AT_LEAST
from services.isolation.tests.tables import results_of_nobody

_PIECE: Final = 200
_R: Final = results_of_nobody.c


def strip_results(uow: UnitOfWork, today: date) -> int:
    """After the longest term of all policies, for no case says which is theirs. One that the district has not
    taken up stands on its list, and keeps what is needed to find them. Returns how many.
    """
    policies = current(uow).policies.by_id.values()
    longest = max((timedelta(days=policy.retention_days) for policy in policies), default=AT_LEAST)
    before = day_begins(today, uow.zone) - max(longest, AT_LEAST)
    old = select(_R.result_id).where(
        text("identity IS NOT NULL"),
        _R.received_at < before,
        or_(_R.due_by.is_(None), _R.taken_up_at.is_not(None)),
    )
    ids = [row.result_id for row in uow.take(old.order_by(_R.received_at), _R.result_id, _PIECE)]
    if ids:
        these = update(results_of_nobody).where(is_in(uow.conn, _R.result_id, ids))
        uow.conn.execute(these.values(identity=None, taken_up_note=None))
    return len(ids)

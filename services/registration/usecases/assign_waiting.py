"""Arrivals that wait for a doorstep or a worker are looked at again when places or staff have changed; those
whose worker has left are given to somebody else, or wait too."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, select

from chassis.database import is_in
from chassis.unit_of_work import UnitOfWork
from services.registration.tables import arrivals
from services.registration.usecases.catalogue import read_catalogue
from services.registration.usecases.register import load_earlier_statements
from services.registration.usecases.write_arrivals import draft_of, write_arrivals

_AT_ONCE = 200


def assign_waiting(uow: UnitOfWork) -> int:
    """Timer. Returns how many arrivals it looked at; each is looked at once per change of places or staff."""
    catalogue, a = read_catalogue(uow), arrivals.c
    # As their indexes give them: what was looked at is passed over, and nothing is sorted.
    rows = _take(
        uow,
        a.unassigned_since.is_not(None) & (a.placed_with < catalogue.placing),
        (a.placed_with, a.unassigned_since),
        _AT_ONCE,
    )
    if len(rows) < _AT_ONCE and catalogue.absent:
        whose = is_in(uow.conn, a.worker, sorted(catalogue.absent))
        rows += _take(uow, whose, (a.worker,), _AT_ONCE - len(rows))
    drafts = [draft_of(row) for row in rows]
    if drafts:
        load_earlier_statements(uow, drafts)
        write_arrivals(uow, catalogue, drafts, {})
    return len(drafts)


def _take(
    uow: UnitOfWork, wanted: ColumnElement[bool], order: tuple[ColumnElement[Any], ...], most: int
) -> list[Any]:
    """Those that another replica holds are left to it."""
    query = select(arrivals).where(wanted).order_by(*order).limit(most)
    return list(uow.conn.execute(query.with_for_update(skip_locked=True)))

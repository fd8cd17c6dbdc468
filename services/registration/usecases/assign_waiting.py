"""Arrivals that wait for a doorstep or a worker are looked at again when places or staff have changed."""

from __future__ import annotations

from sqlalchemy import select

from chassis.unit_of_work import UnitOfWork
from services.registration.tables import arrivals
from services.registration.usecases.catalogue import read_catalogue
from services.registration.usecases.register import load_earlier_statements
from services.registration.usecases.write_arrivals import draft_of, write_arrivals

_AT_ONCE = 200


def assign_waiting(uow: UnitOfWork) -> int:
    """Timer. Returns how many arrivals it looked at; each is looked at once per change of places or staff."""
    catalogue = read_catalogue(uow)
    rows = uow.conn.execute(
        select(arrivals)
        .where(arrivals.c.unassigned_since.is_not(None), arrivals.c.placed_with != catalogue.placing)
        .order_by(arrivals.c.unassigned_since, arrivals.c.id)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    drafts = [draft_of(row) for row in rows]
    if drafts:
        load_earlier_statements(uow, drafts)
        write_arrivals(uow, catalogue, drafts, {})
    return len(drafts)

"""A policy was published: arrivals that came before there was any get their cases."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select

from chassis.database.guards import remove
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import ONE, dump_event, read_message
from contracts.registry import read_data
from services.isolation.cases.follow_arrivals import follow_arrivals
from services.isolation.cases.tables import waiting_for_policy
from services.isolation.reference import current


def open_waiting(uow: UnitOfWork) -> int:
    """Open the cases of arrivals that came before there was a policy for their place."""
    w = waiting_for_policy.c
    epoch = current(uow).policies.epoch(uow.now)
    wanted = (
        select(w.arrival_id, w.version, w.event)
        .where(w.policy_epoch < epoch)
        .order_by(w.arrival_id, w.version)
        .with_for_update(skip_locked=True)
    )
    rows = uow.take(wanted, w.arrival_id, 200)
    if not rows:
        return 0
    events = [read_data(event) for row in rows for event in read_message(dump_event(row.event), ONE)]
    remove(
        uow.conn,
        delete(waiting_for_policy).where(
            w.arrival_id == bindparam("arrival"), w.version == bindparam("number")
        ),
        [{"arrival": row.arrival_id, "number": row.version} for row in rows],
    )
    follow_arrivals(uow, events)  # keeps those again that still have no policy, under the new epoch
    return len(rows)

"""The console says whose phones are in: kept, so that their texts say no more than they must."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from chassis.commands.command import Outcome, Said
from chassis.database.statements import is_in, upsert_rows
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from services.notification.reference.tables import phones

MOST = 200


def keep_phones(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Of each phone what is newest counts, in whatever order it comes. The console keeps the history."""
    return [_keep(uow, said.data) for said in commands]


def _keep(uow: UnitOfWork, data: Mapping[str, Any]) -> Outcome:
    """:raises Refused: too many at once."""
    as_of: datetime = data["as_of"]
    said = {one["staff_id"]: one.get("until") for one in data["phones"]}
    if len(data["phones"]) > MOST:
        raise Refused.invalid([Fault("phones", "too_many", f"at most {MOST} at once")])
    these = is_in(uow.conn, phones.c.staff_id, sorted(said))
    stored = select(phones.c.staff_id, phones.c.as_of).where(these).order_by(phones.c.staff_id)
    known = {row.staff_id: row.as_of for row in uow.conn.execute(stored.with_for_update())} if said else {}
    rows = [
        {"staff_id": staff_id, "until": said[staff_id], "as_of": as_of}
        for staff_id in sorted(said)
        if staff_id not in known or known[staff_id] <= as_of
    ]
    upsert_rows(uow.conn, phones, rows, key=["staff_id"], set=["until", "as_of"])
    return Outcome.not_noted(kept=len(rows))

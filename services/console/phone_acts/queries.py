"""Acts that phones kept, read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

from sqlalchemy import func, select

from chassis.unit_of_work import UnitOfWork
from services.console.phone_acts.tables import phone_acts

MOST_WAITING: Final = 500
"""Of one account: a phone keeps the others until some are settled."""
MOST_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Kept:
    """A row of `phone_acts`."""

    id: str
    received_at: datetime
    account_id: str
    staff_id: str
    author_known: bool
    state: str
    because: str | None
    says: str | None
    sealed: str | None


_COLUMNS: Final = tuple(phone_acts.c[field.name] for field in fields(Kept))


def kept_act(uow: UnitOfWork, id: str, *, locked: bool = False) -> Kept | None:
    found = select(*_COLUMNS).where(phone_acts.c.id == id[:64])
    row = uow.conn.execute(found.with_for_update() if locked else found).one_or_none()
    return Kept(*row) if row else None


def waiting(uow: UnitOfWork) -> Sequence[Kept]:
    """Those that wait for an officer, the newest first; at most MOST_SHOWN."""
    c = phone_acts.c
    found = select(*_COLUMNS).where(c.state == "refused").order_by(c.received_at.desc(), c.id)
    return [Kept(*row) for row in uow.conn.execute(found.limit(MOST_SHOWN))]


def has_room(uow: UnitOfWork, staff_id: str) -> bool:
    """Whether one more may wait for an officer."""
    c = phone_acts.c
    many = select(func.count()).where((c.state == "refused") & (c.staff_id == staff_id))
    return uow.conn.execute(many).scalar_one() < MOST_WAITING

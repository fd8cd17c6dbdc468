"""Acts that phones kept, read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

from sqlalchemy import and_, func, or_, select, text

from chassis.database.statements import is_in
from chassis.unit_of_work import UnitOfWork
from services.console.phone_acts.tables import phone_acts

MOST_WAITING: Final = 500
"""Of one account: a phone keeps the others until some are settled."""
PAGE: Final = 50


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


# A literal, so that the planner sees that the partial index holds all of them.
WAITS: Final = text("state = 'refused'")
_COLUMNS: Final = tuple(phone_acts.c[field.name] for field in fields(Kept))


def kept_act(uow: UnitOfWork, id: str, *, locked: bool = False) -> Kept | None:
    found = select(*_COLUMNS).where(phone_acts.c.id == id[:64])
    row = uow.conn.execute(found.with_for_update() if locked else found).one_or_none()
    return Kept(*row) if row else None


def waiting_by_staff(uow: UnitOfWork) -> Mapping[str, int]:
    """staff_id -> how many of theirs wait for an officer."""
    c = phone_acts.c
    found = select(c.staff_id, func.count()).where(WAITS).group_by(c.staff_id)
    return {staff_id: many for staff_id, many in uow.conn.execute(found)}


def waiting(uow: UnitOfWork, staff_ids: Collection[str], after: str = "") -> tuple[Sequence[Kept], str]:
    """A page of those of these members of staff that wait for an officer, the one that waits longest first.

    :param after: the id of the last of the page before; of one that is not known, the first page is read.
    Returns also the id after which the next page begins, "" where there is none.
    """
    c = phone_acts.c
    found = select(*_COLUMNS).where(WAITS, is_in(uow.conn, c.staff_id, staff_ids))
    if last := kept_act(uow, after):
        same = and_(c.received_at == last.received_at, c.id > last.id)
        found = found.where(or_(c.received_at > last.received_at, same))
    rows = uow.conn.execute(found.order_by(c.received_at, c.id).limit(PAGE + 1))
    kept = [Kept(*row) for row in rows]
    return kept[:PAGE], kept[PAGE - 1].id if len(kept) > PAGE else ""


def has_room(uow: UnitOfWork, staff_id: str | None) -> bool:
    """Whether one more may wait for an officer."""
    c = phone_acts.c
    many = select(func.count()).where((c.state == "refused") & (c.staff_id == staff_id))
    return uow.conn.execute(many).scalar_one() < MOST_WAITING

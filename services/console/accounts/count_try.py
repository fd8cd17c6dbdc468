"""A try to log in, or to enter a PIN, is counted, as if it were wrong, before it is judged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select, update

from chassis.database.statements import insert_missing
from chassis.unit_of_work import UnitOfWork
from services.console.accounts.lock_out import FORGOTTEN_AFTER, Tries, counted, open_at
from services.console.accounts.tables import tries

NAME: Final = "log-in name"
BROWSER: Final = "browser that logged in before, and its log-in name"
PHONE: Final = "phone whose PIN is asked for"
_FORGET_AT_ONCE: Final = 20


def count_try(uow: UnitOfWork, name: str, what: str = NAME) -> datetime | None:
    """Returns from when on the next one is judged, where this one is not; else None.

    It is the same under names that nobody has.

    :param what: of what the name is.
    """
    digest = uow.index(what, name)
    _forget_old(uow)
    c = tries.c
    insert_missing(uow.conn, tries, [{"digest": digest, "failures": 0, "last_at": uow.now}])
    found = select(c.failures, c.last_at).where(c.digest == digest).with_for_update()
    row = uow.conn.execute(found).one_or_none()  # none: a right one has just forgotten it
    before = Tries(row.failures, row.last_at) if row else Tries(0, uow.now)
    after = counted(before, uow.now)
    if after is None:
        return open_at(before)
    uow.conn.execute(
        update(tries).where(c.digest == digest).values(failures=after.failures, last_at=after.last_at)
    )
    return None


def forget_tries(uow: UnitOfWork, name: str, what: str = NAME) -> None:
    """After a right one."""
    uow.conn.execute(delete(tries).where(tries.c.digest == uow.index(what, name)))


def _forget_old(uow: UnitOfWork) -> None:
    """A few each time, or names that somebody makes up would fill the table."""
    c = tries.c
    old = select(c.digest).where(c.last_at <= uow.now - FORGOTTEN_AFTER).order_by(c.last_at)
    found: Sequence[str] = (
        uow.conn.execute(old.limit(_FORGET_AT_ONCE).with_for_update(skip_locked=True)).scalars().all()
    )
    if found:
        uow.conn.execute(delete(tries).where(c.digest.in_(found)))

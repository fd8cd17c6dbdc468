"""An account is ended: whoever has it is out at once, everywhere, and its links count no more."""

from __future__ import annotations

from sqlalchemy import select, update

from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.ids import is_id
from services.console.accounts.acts import note
from services.console.accounts.queries import account_with_id
from services.console.accounts.tables import accounts, one_time_links


def end_account(uow: UnitOfWork, account_id: str, *, by: str) -> None:
    """Its name is never used again. Twice is as once.

    :param by: see `acts.note`.
    :raises Refused: there is no such account, or it is the last administrator's.
    """
    c = accounts.c
    # Locked first, in one order, so that the last two do not end each other.
    administrators = select(c.id).where(c.kind == "administrator", c.state == "active").order_by(c.id)
    active = set(uow.conn.execute(administrators.with_for_update()).scalars())
    account = account_with_id(uow.conn, account_id, locked=True) if is_id(account_id) else None
    if account is None:
        raise Refused("unknown", [Fault("", "no_account", "there is no such account")])
    if account.state == "ended":
        return
    if active == {account.id}:
        raise Refused("conflict", [Fault("", "last_administrator", "it is the last administrator's")])
    uow.conn.execute(update(accounts).where(c.id == account.id).values(state="ended"))
    link = one_time_links.c
    these = (link.account_id == account.id) & link.ended_at.is_(None)
    uow.conn.execute(update(one_time_links).where(these).values(ended_at=uow.now))
    note(uow, account.id, by, "ended")

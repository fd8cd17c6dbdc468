"""A session ends: its owner logs out or ends one at another device, or an officer that of a lost phone."""

from __future__ import annotations

from sqlalchemy import update

from chassis.unit_of_work import UnitOfWork
from contracts.faults import Refused
from field.ids import is_id
from services.console.accounts.account import Account
from services.console.accounts.acts import note
from services.console.sessions.queries import In
from services.console.sessions.tables import sessions


def log_out(uow: UnitOfWork, who: In) -> None:
    """Twice is as once."""
    c = sessions.c
    ended = uow.conn.execute(
        update(sessions)
        .where((c.id == who.session.id) & c.ended_at.is_(None))
        .values(ended_at=uow.now, ended_because="logged_out")
    )
    if ended.rowcount:
        note(uow, who.account.id, who.account.name, "logged_out")


def revoke(uow: UnitOfWork, account: Account, session_id: str, *, by: str | None = None) -> None:
    """Raises Refused where the account has no such session that goes on: that of others is none.

    :param account: whose session it is.
    :param by: who ends it, where it is somebody else; see `acts.note`.
    """
    c = sessions.c
    ended = (
        uow.conn.execute(
            update(sessions)
            .where((c.id == session_id) & (c.account_id == account.id) & c.ended_at.is_(None))
            .values(ended_at=uow.now, ended_because="revoked")
        ).rowcount
        if is_id(session_id)
        else 0
    )
    if not ended:
        raise Refused.unknown("session", session_id)
    note(uow, account.id, by or account.name, "session_revoked")

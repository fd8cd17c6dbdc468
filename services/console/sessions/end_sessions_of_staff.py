"""A member of staff is out: all their sessions end, at every device."""

from __future__ import annotations

from sqlalchemy import select, update

from chassis.unit_of_work import UnitOfWork
from services.console.accounts.acts import note
from services.console.accounts.tables import accounts
from services.console.sessions.tables import sessions


def end_sessions_of_staff(uow: UnitOfWork, staff_id: str, *, by: str) -> int:
    """Returns how many ended; those that had ended before are left as they were.

    :param by: see `acts.note`.
    """
    theirs = uow.conn.execute(select(accounts.c.id).where(accounts.c.staff_id == staff_id)).scalars().all()
    c, ended = sessions.c, 0
    for account_id in theirs:
        of_account = uow.conn.execute(
            update(sessions)
            .where((c.account_id == account_id) & c.ended_at.is_(None) & (c.expires_at > uow.now))
            .values(ended_at=uow.now, ended_because="staff_left")
        ).rowcount
        if of_account:
            note(uow, account_id, by, "sessions_ended")
        ended += of_account
    return ended

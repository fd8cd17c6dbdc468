"""Sessions, read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from chassis.unit_of_work import UnitOfWork
from services.console.accounts.account import Account
from services.console.accounts.queries import account_with_id
from services.console.sessions.session import Session, over
from services.console.sessions.tables import sessions

COOKIE: Final = "session"
TO_THE_MINUTE: Final = timedelta(minutes=1)

_COLUMNS: Final = tuple(sessions.c[field.name] for field in fields(Session))


@dataclass(frozen=True, slots=True)
class In:
    """Who is in, and by which session."""

    session: Session
    account: Account


def who_is_in(uow: UnitOfWork, token: str) -> In | None:
    """Whose session this is. None where it is unknown or over. It changes nothing."""
    row = uow.conn.execute(
        select(*_COLUMNS).where(sessions.c.digest == uow.index(COOKIE, token[:200]))
    ).one_or_none()
    if row is None:
        return None
    session = Session(*row)
    account = account_with_id(uow.conn, session.account_id)
    if account is None or over(session, account, uow.now):
        return None
    return In(session, account)


def sessions_of(uow: UnitOfWork, account: Account) -> Sequence[Session]:
    """Those that go on, the newest first."""
    rows = uow.conn.execute(
        select(*_COLUMNS)
        .where((sessions.c.account_id == account.id) & sessions.c.ended_at.is_(None))
        .order_by(sessions.c.created_at.desc(), sessions.c.id)
    )
    return [session for session in (Session(*row) for row in rows) if not over(session, account, uow.now)]

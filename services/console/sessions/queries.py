"""Sessions, read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Row

from chassis.database.statements import is_in, is_one_of, listed
from chassis.unit_of_work import UnitOfWork
from services.console.accounts.account import Account
from services.console.accounts.queries import COLUMNS as OF_ACCOUNT
from services.console.accounts.tables import accounts
from services.console.sessions.session import Session, asks_for_pin, over
from services.console.sessions.tables import sessions

COOKIE: Final = "session"
OPENING: Final = "opening of a browser"
TO_THE_MINUTE: Final = timedelta(minutes=1)

_COLUMNS: Final = tuple(sessions.c[field.name] for field in fields(Session))
_WITH_ACCOUNT: Final = (
    select(*_COLUMNS, *OF_ACCOUNT)
    .join(accounts, accounts.c.id == sessions.c.account_id)
    .where(sessions.c.digest == bindparam("digest"))
)
"""Put together once: every page asks it."""
_PHONES: Final = (
    select(*_COLUMNS, *OF_ACCOUNT)
    .join(accounts, accounts.c.id == sessions.c.account_id)
    .where(
        is_one_of(accounts.c.staff_id, "staff_ids"),
        accounts.c.kind == "worker",
        sessions.c.ended_at.is_(None),
    )
    .order_by(sessions.c.created_at.desc(), sessions.c.id)
)


@dataclass(frozen=True, slots=True)
class In:
    """Who is in, and by which session.

    :param locked: their phone asks for the PIN first.
    """

    session: Session
    account: Account
    locked: bool = False


def who_is_in(uow: UnitOfWork, token: str, opening: str = "") -> In | None:
    """Whose session this is. None where it is unknown or over. It changes nothing.

    :param opening: what the browser holds until it is closed.
    """
    row = uow.conn.execute(_WITH_ACCOUNT, {"digest": uow.index(COOKIE, token[:200])}).one_or_none()
    if row is None:
        return None
    session, account = _in_row(row)
    if over(session, account, uow.now):
        return None
    held = uow.index(OPENING, opening[:200]) if opening else None
    return In(session, account, asks_for_pin(session, account, held, uow.now))


def session_with_id(uow: UnitOfWork, id: str) -> Session | None:
    """Also one that is over."""
    row = uow.conn.execute(select(*_COLUMNS).where(sessions.c.id == id)).one_or_none()
    return Session(*row) if row else None


def sessions_of(uow: UnitOfWork, account: Account) -> Sequence[Session]:
    """Those that go on, the newest first."""
    return sessions_of_all(uow, [account])


def phones_of(uow: UnitOfWork, staff_ids: Collection[str]) -> dict[str, Session]:
    """The phone of each of these workers who has one that is in."""
    if not staff_ids:
        return {}
    found = [_in_row(row) for row in uow.conn.execute(_PHONES, {"staff_ids": listed(staff_ids)})]
    return {
        str(account.staff_id): session for session, account in found if not over(session, account, uow.now)
    }


def _in_row(row: Row[Any]) -> tuple[Session, Account]:
    return Session(*row[: len(_COLUMNS)]), Account(*row[len(_COLUMNS) :])


def sessions_of_all(uow: UnitOfWork, accounts: Collection[Account]) -> Sequence[Session]:
    """Those of these accounts that go on, the newest first."""
    by_id = {account.id: account for account in accounts}
    if not by_id:
        return []
    rows = uow.conn.execute(
        select(*_COLUMNS)
        .where(is_in(uow.conn, sessions.c.account_id, by_id.keys()) & sessions.c.ended_at.is_(None))
        .order_by(sessions.c.created_at.desc(), sessions.c.id)
    )
    return [one for one in (Session(*row) for row in rows) if not over(one, by_id[one.account_id], uow.now)]

"""A session begins: its token is kept as a digest only."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chassis.database.statements import insert_rows
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from services.console.accounts.account import Account
from services.console.accounts.acts import note
from services.console.sessions.queries import COOKIE, OPENING
from services.console.sessions.session import LASTS
from services.console.sessions.tables import sessions

_LONGEST_DEVICE: Final = 200


@dataclass(frozen=True, slots=True)
class Entered:
    """:param token: 256 random bits for the cookie; it is kept nowhere.
    :param opening: likewise, for the cookie that the browser forgets when it is closed; a phone's.
    """

    account: Account
    token: str
    expires_at: datetime
    opening: str | None = None


def open_session(uow: UnitOfWork, account: Account, device: str, *, phone: bool = False) -> Entered:
    """:param device: what the browser calls itself.
    :param phone: it asks for a PIN now and then, and was just told it.
    """
    token, expires_at = secrets.token_urlsafe(32), uow.now + LASTS[account.kind]
    opening = secrets.token_urlsafe(32) if phone else None
    row = {
        "id": new_id(),
        "digest": uow.index(COOKIE, token),
        "account_id": account.id,
        "device": device[:_LONGEST_DEVICE],
        "created_at": uow.now,
        "seen_at": uow.now,
        "expires_at": expires_at,
        "opening": uow.index(OPENING, opening) if opening else None,
    }
    insert_rows(uow.conn, sessions, [row])
    note(uow, account.id, account.name, "logged_in")
    return Entered(account, token, expires_at, opening)

"""Somebody logs in: a name, a password and a one-time code become a session."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chassis.database.statements import insert_rows
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork, Work
from contracts.faults import Fault, Refused
from services.console.accounts import passwords
from services.console.accounts.accept_code import accept_code
from services.console.accounts.account import Account, read_name
from services.console.accounts.acts import note
from services.console.accounts.count_try import count_try, forget_tries
from services.console.accounts.queries import account_named
from services.console.sessions.queries import COOKIE
from services.console.sessions.session import LASTS
from services.console.sessions.tables import sessions

_LONGEST_DEVICE: Final = 200


@dataclass(frozen=True, slots=True)
class Entered:
    """:param token: 256 random bits for the cookie; it is kept nowhere."""

    account: Account
    token: str
    expires_at: datetime


class Wait(Refused):
    """Too many wrong tries under this name: this one was not judged.

    :param until: when the next one will be. UTC, real time.
    """

    def __init__(self, until: datetime) -> None:
        super().__init__("not_allowed", [Fault("", "wait", "too many wrong tries: wait and try again")])
        self.until = until


def log_in(work: Work, name: str, password: str, code: str, device: str) -> Entered:
    """The try is counted first, then judged without a transaction (it takes 40 ms), and forgotten if right.

    :raises Wait:
    :raises Refused: `not_allowed`; nothing says whether name, password or code was wrong.
    """
    read = read_name(name)
    tried_as = read if read is not None else name[:200]
    with work.unit() as uow:
        until = count_try(uow, tried_as)
        account = account_named(uow.conn, read) if read is not None else None
    if until is not None:
        raise Wait(until)
    known = account.password_hash if account else None
    password_right = passwords.is_right(password, known)
    with work.unit() as uow:
        # The row is read again: it may have changed while the password was judged.
        account = account_named(uow.conn, read, locked=True) if read is not None else None
        if (
            account is None
            or not password_right
            or account.state != "active"
            or account.password_hash != known
            or not accept_code(uow, account, code)
        ):
            raise Refused("not_allowed", [Fault("", "wrong", "name, password or code is wrong")])
        forget_tries(uow, tried_as)
        return _open_session(uow, account, device)


def _open_session(uow: UnitOfWork, account: Account, device: str) -> Entered:
    token, expires_at = secrets.token_urlsafe(32), uow.now + LASTS[account.kind]
    row = {
        "id": new_id(),
        "digest": uow.index(COOKIE, token),
        "account_id": account.id,
        "device": device[:_LONGEST_DEVICE],
        "created_at": uow.now,
        "seen_at": uow.now,
        "expires_at": expires_at,
    }
    insert_rows(uow.conn, sessions, [row])
    note(uow, account.id, account.name, "logged_in")
    return Entered(account, token, expires_at)

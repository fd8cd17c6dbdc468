"""Somebody logs in: a name, a password and a one-time code become a session."""

from __future__ import annotations

from datetime import datetime

from chassis.unit_of_work import Work
from contracts.faults import Fault, Refused
from services.console.accounts import passwords
from services.console.accounts.accept_code import accept_code
from services.console.accounts.account import read_name
from services.console.accounts.count_try import BROWSER, NAME, count_try, forget_tries
from services.console.accounts.queries import account_named
from services.console.sessions.known_browser import known_as
from services.console.sessions.open_session import Entered, open_session


class Wait(Refused):
    """Too many wrong tries under this name: this one was not judged.

    :param until: when the next one will be. UTC, real time.
    """

    def __init__(self, until: datetime) -> None:
        super().__init__("not_allowed", [Fault("", "wait", "too many wrong tries: wait and try again")])
        self.until = until


def log_in(work: Work, name: str, password: str, code: str, device: str, held: str = "") -> Entered:
    """The try is counted first, then judged without a transaction (it takes 40 ms), and forgotten if right.

    :param held: what the browser was given when somebody logged in by it before: `known_browser.mark`.
    :raises Wait:
    :raises Refused: `not_allowed`; nothing says whether name, password or code was wrong.
    """
    read = read_name(name)
    known_browser = known_as(work.index, read, held) if read is not None else None
    what, tried_as = (BROWSER, known_browser) if known_browser else (NAME, read or name[:200])
    with work.unit() as uow:
        until = count_try(uow, tried_as, what)
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
            or account.kind == "worker"  # who comes in by their phone
            or account.password_hash != known
            or not accept_code(uow, account, code)
        ):
            raise Refused("not_allowed", [Fault("", "wrong", "name, password or code is wrong")])
        forget_tries(uow, tried_as, what)
        return open_session(uow, account, device)

"""Whose an act is: the pages of a phone that is in get a pass, and put it into each act before they seal it.

Without it whoever has the public key could seal acts in the name of others.
"""

from __future__ import annotations

import hmac

from chassis.unit_of_work import UnitOfWork
from field.ids import is_id
from services.console.accounts.account import Account
from services.console.accounts.queries import account_with_id
from services.console.sessions.queries import In, session_with_id
from services.console.sessions.session import over

_PURPOSE = "acts of a phone"


def pass_of(uow: UnitOfWork, who: In) -> str:
    return f"{who.session.id}.{uow.index(_PURPOSE, who.session.id)}"


def author_of(uow: UnitOfWork, pass_: str) -> tuple[Account, In | None] | None:
    """Whose pass this is, and as whom they are in; None: their session is over, or nobody's pass it is."""
    session_id, _, signed = pass_[:200].partition(".")
    if not is_id(session_id) or not hmac.compare_digest(
        signed.encode(), uow.index(_PURPOSE, session_id).encode()
    ):
        return None
    session = session_with_id(uow, session_id)
    account = account_with_id(uow.conn, session.account_id) if session else None
    if session is None or account is None:
        return None
    return account, None if over(session, account, uow.now) else In(session, account)

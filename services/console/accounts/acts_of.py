"""What was done to accounts in some days, read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import or_, select

from chassis.unit_of_work import UnitOfWork
from services.console.accounts.tables import account_acts, accounts

MOST: Final = 100


@dataclass(frozen=True, slots=True)
class AccountAct:
    """:param at: UTC, real time.
    :param account: name of the account; `by`: see `acts.note`.
    """

    at: datetime
    account: str
    by: str
    what: str


def acts_between(uow: UnitOfWork, since: datetime, until: datetime, who: str | None) -> Sequence[AccountAct]:
    """The newest first, at most MOST.

    :param who: a member of staff or the name of an account: what was done to it, and what it did to others.
    """
    act, account = account_acts.c, accounts.c
    found = select(act.at, account.name, act.by, act.what).join(accounts, account.id == act.account_id)
    found = found.where(act.at >= since, act.at < until)
    if who:
        theirs = select(account.name).where(or_(account.name == who.lower(), account.staff_id == who))
        found = found.where(or_(account.name.in_(theirs), act.by.in_(theirs), act.by == who))
    rows = uow.conn.execute(found.order_by(act.at.desc(), act.id).limit(MOST))
    return [AccountAct(*row) for row in rows]

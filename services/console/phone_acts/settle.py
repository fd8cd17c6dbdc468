"""What became of an act that a phone kept is written down: the phone is told only then, and forgets it."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select, update

from chassis.database.guards import remove
from chassis.database.statements import insert_missing
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Refused
from services.console.accounts.account import Account
from services.console.accounts.acts import What, note
from services.console.phone_acts.act import Because, State
from services.console.phone_acts.queries import Kept, has_room, kept_act
from services.console.phone_acts.tables import phone_acts

KEPT_FOR: Final = timedelta(days=30)
"""A receipt; as long as doors keep outcomes."""
_FORGET_AT_ONCE: Final = 50
_LONGEST_SAID: Final = 1000


class NoRoom(Exception):
    """As many as one account may have wait for an officer: the phone keeps it."""


def id_of(sealed: str) -> str:
    """The same however often it is sent."""
    return hashlib.sha256(sealed.encode()).hexdigest()


def settle_act(
    uow: UnitOfWork,
    sealed: str,
    author: Account,
    because: Because | None = None,
    says: str = "",
    *,
    known: bool = True,
) -> Kept:
    """Returns what is written down of it, by whomever first. Raises NoRoom where it would have to wait.

    :param because: why it was not done; None: it was.
    :param known: whether it is the author's; else nobody knows whose, and this is who sent it.
    """
    _forget_old(uow)
    if because and not has_room(uow, author.staff_id):
        raise NoRoom
    row = {
        "id": id_of(sealed),
        "received_at": uow.now,
        "account_id": author.id,
        "staff_id": author.staff_id,
        "author_known": known,
        "state": "refused" if because else "done",
        "because": because,
        "says": says[:_LONGEST_SAID] or None,
        "sealed": sealed if because else None,
        "settled_by": None,
    }
    insert_missing(uow.conn, phone_acts, [row])
    kept = kept_act(uow, id_of(sealed))
    assert kept is not None
    return kept


def claim_act(uow: UnitOfWork, id: str) -> Kept:
    """Nobody else settles it until the unit ends. Raises Refused where it waits no more."""
    kept = kept_act(uow, id, locked=True)
    if kept is None or kept.state != "refused":
        raise Refused.unknown("act", id)
    return kept


def close_act(uow: UnitOfWork, id: str, state: State, officer: Account) -> None:
    """An officer has entered or dismissed it: what was typed goes. Raises Refused where it waits no more."""
    kept = claim_act(uow, id)
    changed = {"state": state, "sealed": None, "settled_by": officer.name}
    uow.conn.execute(update(phone_acts).where(phone_acts.c.id == id).values(changed))
    what: What = "phone_act_entered" if state == "entered" else "phone_act_ended"
    note(uow, account_of_lines(kept, officer), officer.name, what)


def account_of_lines(kept: Kept, officer: Account) -> str:
    """The account whose lines say what an officer does with it: of whoever only sent it, nothing is said."""
    return kept.account_id if kept.author_known else officer.id


def _forget_old(uow: UnitOfWork) -> None:
    """A few receipts each time; what waits for an officer is never old."""
    c = phone_acts.c
    old = select(c.id).where((c.received_at <= uow.now - KEPT_FOR) & (c.state != "refused"))
    found = uow.conn.execute(old.order_by(c.received_at).limit(_FORGET_AT_ONCE)).scalars().all()
    if found:
        remove(uow.conn, delete(phone_acts).where(c.id.in_(found)))

"""A worker comes in by an enrolled phone: first by a link, by which they choose a PIN, then by the PIN."""

from __future__ import annotations

import secrets

from sqlalchemy import update

from chassis.unit_of_work import Work
from contracts.faults import Fault, Refused
from services.console.accounts import pins
from services.console.accounts.acts import note
from services.console.accounts.count_try import PHONE, count_try, forget_tries
from services.console.accounts.queries import account_with_id, taking_up
from services.console.accounts.tables import accounts
from services.console.accounts.take_up import no_link, use_up
from services.console.sessions.log_in import Wait
from services.console.sessions.open_session import Entered, open_session
from services.console.sessions.queries import OPENING, who_is_in
from services.console.sessions.tables import sessions


def take_up_by_phone(work: Work, token: str, pin: str, again: str, device: str) -> Entered:
    """The phone is in. Another one that was in for the same worker is out.

    :raises Refused: the link counts no more (`unknown`; one only can use it up), or the PIN will not do
        (`invalid`; the link is not used up then).
    """
    with work.look() as uow:
        found = taking_up(uow, token)
    if found is None or found[0].kind != "worker":
        raise no_link()
    account, pin = found[0], pins.read_pin(pin)
    if faults := list(pins.faults_of(pin, pins.read_pin(again))):
        raise Refused.invalid(faults)
    digest = pins.digest(work.index, account.id, pin)  # 40 ms, in which nobody is to wait for the database
    with work.unit() as uow:
        used_up = use_up(uow, token)
        known = account_with_id(uow.conn, account.id, locked=True)
        if not used_up or known is None or known.state == "ended":
            raise no_link()
        changed = {"state": "active", "password_hash": digest, "taken_up_at": uow.now}
        uow.conn.execute(update(accounts).where(accounts.c.id == account.id).values(changed))
        note(uow, account.id, account.name, "taken_up")
        return open_session(uow, known, device, phone=True)


def enter_pin(work: Work, token: str, pin: str) -> str:
    """What the browser holds from now on until it is closed. Tries are counted as those to log in are.

    They are counted by the phone: nobody who has another one can keep its owner waiting.

    :raises Wait:
    :raises Refused: `unknown`: the phone is in no more; `not_allowed`: it is another PIN.
    """
    with work.unit() as uow:
        who = who_is_in(uow, token)
        if who is None:
            raise Refused("unknown", [Fault("", "no_session", "this phone is in no more")])
        until = count_try(uow, who.session.id, PHONE)
    if until is not None:
        raise Wait(until)
    if not pins.is_right(work.index, who.account.id, pins.read_pin(pin), who.account.password_hash):
        raise Refused("not_allowed", [Fault("pin", "wrong_pin", "this is another PIN")])
    opening = secrets.token_urlsafe(32)
    with work.unit() as uow:
        forget_tries(uow, who.session.id, PHONE)
        c = sessions.c
        uow.conn.execute(
            update(sessions)
            .where(c.id == who.session.id)
            .values(seen_at=uow.now, opening=uow.index(OPENING, opening))
        )
        note(uow, who.account.id, who.account.name, "pin_entered")
    return opening


def lock(work: Work, token: str) -> None:
    """The phone asks for the PIN from now on, until it is told it. Twice is as once."""
    with work.unit() as uow:
        if who := who_is_in(uow, token):
            uow.conn.execute(update(sessions).where(sessions.c.id == who.session.id).values(opening=None))

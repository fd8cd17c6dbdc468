"""Whoever has a link takes the account up: a password, the codes of an authenticator, recovery codes."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, update

from chassis.database.guards import remove
from chassis.database.statements import insert_rows
from chassis.unit_of_work import UnitOfWork, Work
from contracts.faults import Fault, Refused
from services.console.accounts import passwords, recovery
from services.console.accounts.acts import note
from services.console.accounts.count_try import forget_tries
from services.console.accounts.one_time_codes import step_of
from services.console.accounts.queries import LINK, RECOVERY, SECRET_OF_ACCOUNT, account_with_id, taking_up
from services.console.accounts.tables import accounts, one_time_links, recovery_codes


@dataclass(frozen=True, slots=True)
class TakenUp:
    """:param recovery_codes: to be shown once; they are kept nowhere."""

    name: str
    recovery_codes: list[str]


def take_up(work: Work, token: str, password: str, again: str, code: str) -> TakenUp:
    """Sessions and recovery codes of before have ended with it.

    :param code: of the authenticator that took in the secret.
    :raises Refused: the link counts no more (`unknown`; one only can use it up), or what was chosen will not
        do (`invalid`, all faults; the link is not used up then).
    """
    with work.look() as uow:
        found = taking_up(uow, token)
    if found is None or found[0].kind == "worker":  # who takes theirs up on a phone
        raise no_link()
    account, secret = found
    faults = list(passwords.faults_of(password, again, account.name))
    step = step_of(secret, "".join(code[:20].split()), uow.now, None)
    if step is None:
        faults.append(Fault("code", "wrong_code", "is not what the authenticator shows now"))
    if faults:
        raise Refused.invalid(faults)
    digest = passwords.digest(password)  # 40 ms, in which nobody is to wait for the database
    codes = recovery.new_codes()
    with work.unit() as uow:
        used_up = use_up(uow, token)
        known = account_with_id(uow.conn, account.id, locked=True)
        if not used_up or known is None or known.state == "ended":
            raise no_link()
        changed = {
            "state": "active",
            "password_hash": digest,
            "sealed_secret": uow.sealer.seal(secret, f"{SECRET_OF_ACCOUNT} {account.id}"),
            "last_step": step,  # the same code does not log in
            "taken_up_at": uow.now,
        }
        uow.conn.execute(update(accounts).where(accounts.c.id == account.id).values(changed))
        _replace_codes(uow, account.id, codes)
        forget_tries(uow, account.name)
        note(uow, account.id, account.name, "taken_up")
    return TakenUp(account.name, codes)


def use_up(uow: UnitOfWork, token: str) -> bool:
    """Whether the link counted until now."""
    link = one_time_links.c
    counts = (link.digest == uow.index(LINK, token)) & link.ended_at.is_(None) & (link.expires_at > uow.now)
    return uow.conn.execute(update(one_time_links).where(counts).values(ended_at=uow.now)).rowcount == 1


def _replace_codes(uow: UnitOfWork, account_id: str, codes: list[str]) -> None:
    remove(uow.conn, delete(recovery_codes).where(recovery_codes.c.account_id == account_id))
    digests = [uow.index(RECOVERY, recovery.read_code(code) or "") for code in codes]
    insert_rows(uow.conn, recovery_codes, [{"account_id": account_id, "digest": one} for one in digests])


def no_link() -> Refused:
    return Refused("unknown", [Fault("", "link", "this link is unknown, was used, or is too old")])

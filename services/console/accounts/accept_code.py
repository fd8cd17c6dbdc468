"""The second thing that proves who logs in: a one-time code, or a recovery code. Each counts once."""

from __future__ import annotations

from sqlalchemy import update

from chassis.unit_of_work import UnitOfWork
from services.console.accounts import recovery
from services.console.accounts.account import Account
from services.console.accounts.acts import note
from services.console.accounts.one_time_codes import step_of
from services.console.accounts.queries import RECOVERY, SECRET_OF_ACCOUNT
from services.console.accounts.tables import accounts, recovery_codes


def accept_code(uow: UnitOfWork, account: Account, typed: str) -> bool:
    """Whether it is right; then it is used up.

    :param account: its row is locked, so that of two who say the same code one comes too late.
    """
    if account.sealed_secret is None:
        return False
    secret = uow.sealer.unseal(account.sealed_secret, f"{SECRET_OF_ACCOUNT} {account.id}")
    step = step_of(secret, "".join(typed[:20].split()), uow.now, account.last_step)
    if step is not None:
        uow.conn.execute(update(accounts).where(accounts.c.id == account.id).values(last_step=step))
        return True
    code = recovery.read_code(typed)
    if code is None:
        return False
    c = recovery_codes.c
    used = uow.conn.execute(
        update(recovery_codes)
        .where((c.account_id == account.id) & (c.digest == uow.index(RECOVERY, code)) & c.used_at.is_(None))
        .values(used_at=uow.now)
    )
    if used.rowcount:
        note(uow, account.id, account.name, "recovery_code_used")
    return bool(used.rowcount)

"""Somebody gets a link by which they take an account up: a new account, or theirs again with a new password,
new one-time codes and new recovery codes.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select, update

from chassis.database.statements import insert_missing, insert_rows
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from services.console.accounts.account import OF_STAFF, Account, Kind, check_name, check_staff_id
from services.console.accounts.acts import note
from services.console.accounts.one_time_codes import new_secret
from services.console.accounts.one_time_link import LASTS
from services.console.accounts.queries import LINK, SECRET_OF_LINK, account_named
from services.console.accounts.tables import accounts, one_time_links

ENDED: Final = "account_ended"
"""The code of the fault: an account that has ended is not taken up again."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """:param token: ends the link's address; it is kept nowhere.
    :param expires_at: UTC, real time.
    """

    account: str
    token: str
    expires_at: datetime


def invite(
    uow: UnitOfWork,
    name: str,
    kind: Kind,
    *,
    by: str,
    staff_id: str | None = None,
    beside: bool = False,
) -> Invitation:
    """Links that were made before for the same account count no more. Its password and its codes do, until
    the new link is taken up.

    :param by: see `acts.note`.
    :param staff_id: of an officer or a worker.
    :param beside: links of before count on, until `end_links_before`.
    :raises Refused: the name can be none, or is that of an account of another kind, of somebody else, or
        of one that has ended; or the member of staff has such an account under another name.
    """
    name = check_name(name)
    if (kind in OF_STAFF) != (staff_id is not None):
        message = "officers and workers have one, administrators have none"
        raise Refused.invalid([Fault("staff_id", "staff_id", message)])
    if staff_id is not None:
        check_staff_id(staff_id)
    account = _account(uow, name, kind, staff_id)
    if not beside:
        end_links(uow, account.id)
    token, expires_at = secrets.token_urlsafe(32), uow.now + LASTS[kind]
    row = {
        "digest": uow.index(LINK, token),
        "account_id": account.id,
        "sealed_secret": "" if kind == "worker" else uow.sealer.seal(new_secret(), SECRET_OF_LINK),
        "created_at": uow.now,
        "expires_at": expires_at,
    }
    insert_rows(uow.conn, one_time_links, [row])
    note(uow, account.id, by, "invited")
    return Invitation(name, token, expires_at)


def end_links(uow: UnitOfWork, account_id: str) -> None:
    """Whoever holds a link to this account takes nothing up with it any more."""
    link = one_time_links.c
    uow.conn.execute(
        update(one_time_links)
        .where((link.account_id == account_id) & link.ended_at.is_(None))
        .values(ended_at=uow.now)
    )


def end_links_before(uow: UnitOfWork, token: str) -> str:
    """Of an account's links until this one, it alone counts. Of two made at once the newer does.

    :returns: the id of the account.
    """
    link, digest = one_time_links.c, uow.index(LINK, token)
    made = uow.conn.execute(select(link.account_id, link.created_at).where(link.digest == digest)).one()
    earlier = (link.account_id == made.account_id) & (link.created_at <= made.created_at)
    uow.conn.execute(
        update(one_time_links)
        .where(earlier & (link.digest != digest) & link.ended_at.is_(None))
        .values(ended_at=uow.now)
    )
    return str(made.account_id)


def _account(uow: UnitOfWork, name: str, kind: Kind, staff_id: str | None) -> Account:
    row = {
        "id": new_id(),
        "name": name,
        "kind": kind,
        "staff_id": staff_id,
        "state": "invited",
        "created_at": uow.now,
    }
    insert_missing(uow.conn, accounts, [row])
    account = account_named(uow.conn, name, locked=True)
    if account is None:
        message = "this member of staff has an account under another name"
        raise Refused("conflict", [Fault("staff_id", "has_account", message)])
    if (account.kind, account.staff_id) != (kind, staff_id):
        raise Refused.conflict("name", "this name is that of somebody else's account")
    if account.state == "ended":
        raise Refused("conflict", [Fault("name", ENDED, "the account of this name has ended")])
    return account


def enrol(uow: UnitOfWork, staff_id: str, *, by: str, beside: bool = False) -> Invitation:
    """A worker gets a link that lets one phone in; the one of before is out as soon as it is taken up.

    :param beside: see `invite`.
    :raises Refused: see `invite`.
    """
    check_staff_id(staff_id)
    return invite(uow, staff_id, "worker", by=by, staff_id=staff_id, beside=beside)


def invite_administrator(uow: UnitOfWork, name: str, *, by: str) -> Invitation:
    """For whoever has the shell: the first administrator, or one who has lost password and authenticator."""
    return invite(uow, name, "administrator", by=by)

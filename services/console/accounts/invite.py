"""Somebody gets a link by which they take an account up: a new account, or theirs again with a new password,
new one-time codes and new recovery codes.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

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


@dataclass(frozen=True, slots=True)
class Invitation:
    """:param token: ends the link's address; it is kept nowhere.
    :param expires_at: UTC, real time.
    """

    account: str
    token: str
    expires_at: datetime


def invite(uow: UnitOfWork, name: str, kind: Kind, *, by: str, staff_id: str | None = None) -> Invitation:
    """Links that were made before for the same account count no more. Its password and its codes do, until
    the new link is taken up.

    :param by: see `acts.note`.
    :param staff_id: of an officer or a worker.
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
        raise Refused.conflict("name", "the account of this name has ended")
    return account


def enrol(uow: UnitOfWork, staff_id: str, *, by: str) -> Invitation:
    """A worker gets a link that lets one phone in; the one of before is out as soon as it is taken up.

    :raises Refused: see `invite`.
    """
    check_staff_id(staff_id)
    return invite(uow, staff_id, "worker", by=by, staff_id=staff_id)


def invite_administrator(uow: UnitOfWork, name: str, *, by: str) -> Invitation:
    """For whoever has the shell: the first administrator, or one who has lost password and authenticator."""
    return invite(uow, name, "administrator", by=by)

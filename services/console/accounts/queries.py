"""Accounts and their links, read."""

from __future__ import annotations

from collections.abc import Collection, Sequence, Set
from dataclasses import fields
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.engine import Connection, Row

from chassis.database.statements import is_in
from chassis.unit_of_work import UnitOfWork
from services.console.accounts.account import Account
from services.console.accounts.one_time_link import OneTimeLink, counts
from services.console.accounts.tables import accounts, one_time_links

LINK: Final = "link"
RECOVERY: Final = "recovery code"
SECRET_OF_LINK: Final = "secret of a link"
SECRET_OF_ACCOUNT: Final = "secret of an account"

MOST_SHOWN: Final = 1000

COLUMNS: Final = tuple(accounts.c[field.name] for field in fields(Account))


def account_named(conn: Connection, name: str, *, locked: bool = False) -> Account | None:
    """:param locked: until the transaction ends, others who would change it wait."""
    return _one(conn, select(*COLUMNS).where(accounts.c.name == name), locked)


def account_with_id(conn: Connection, id: str, *, locked: bool = False) -> Account | None:
    return _one(conn, select(*COLUMNS).where(accounts.c.id == id), locked)


def all_accounts(conn: Connection) -> Sequence[Account]:
    """In the order of their names, administrators first; at most so many as one page shows."""
    listed = select(*COLUMNS).order_by(accounts.c.kind, accounts.c.name).limit(MOST_SHOWN)
    return [account_of(row) for row in conn.execute(listed)]


def workers_of(conn: Connection, staff_ids: Collection[str]) -> Sequence[Account]:
    """The accounts of those of these members of staff who come in by a phone."""
    c = accounts.c
    listed = select(*COLUMNS).where(is_in(conn, c.staff_id, staff_ids), c.kind == "worker")
    return [account_of(row) for row in conn.execute(listed)] if staff_ids else []


def staff_with_phones(conn: Connection) -> Sequence[str]:
    """The ids of all members of staff who have or had an account for a phone, in their order."""
    c = accounts.c
    listed = select(c.staff_id).where(c.kind == "worker", c.staff_id.is_not(None)).order_by(c.staff_id)
    return list(dict.fromkeys(conn.execute(listed).scalars()))


def staff_with_links(uow: UnitOfWork, staff_ids: Collection[str]) -> Set[str]:
    """Those of these members of staff who were given a link that still lets a phone in."""
    if not staff_ids:
        return set()
    a, c = accounts.c, one_time_links.c
    given = (
        select(a.staff_id, c.expires_at, c.ended_at)
        .join(one_time_links, c.account_id == a.id)
        .where(is_in(uow.conn, a.staff_id, staff_ids), a.kind == "worker", c.ended_at.is_(None))
    )
    return {
        row.staff_id
        for row in uow.conn.execute(given)
        if counts(OneTimeLink(row.expires_at, row.ended_at), uow.now)
    }


def account_of(row: Row[Any]) -> Account:
    """Of a row that has `COLUMNS`."""
    return Account(**{field.name: getattr(row, field.name) for field in fields(Account)})


def _one(conn: Connection, statement: Select[Any], locked: bool) -> Account | None:
    row = conn.execute(statement.with_for_update() if locked else statement).one_or_none()
    return account_of(row) if row else None


def taking_up(uow: UnitOfWork, token: str) -> tuple[Account, str] | None:
    """Whose account is taken up by this link, and the secret of its one-time codes ("": a worker's has none).
    None where the link is unknown, was used, or is too old. It changes nothing: previewers and scanners open
    links.
    """
    c = one_time_links.c
    found = uow.conn.execute(
        select(c.account_id, c.sealed_secret, c.expires_at, c.ended_at).where(
            c.digest == uow.index(LINK, token[:200])
        )
    ).one_or_none()
    if found is None or not counts(OneTimeLink(found.expires_at, found.ended_at), uow.now):
        return None
    account = account_with_id(uow.conn, found.account_id)
    if account is None or account.state == "ended":
        return None
    secret = uow.sealer.unseal(found.sealed_secret, SECRET_OF_LINK) if found.sealed_secret else ""
    return account, secret

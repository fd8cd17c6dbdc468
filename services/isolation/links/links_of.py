"""The links of households: minted when their first case is published, said again with each later one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import insert_rows, is_in, update_rows
from chassis.sealing import Sealer
from chassis.unit_of_work import UnitOfWork
from services.isolation.links.tables import links as table
from services.isolation.links.token import LINK, new_token

Households = Mapping[str, Collection[str]]
"""Household -> ids of its cases."""


def links_of(uow: UnitOfWork, new: Households, known: Households) -> dict[str, str]:
    """The sealed token of each household. Call it last in a transaction: it locks rows of households.

    :param new: households that hardly have a link yet: they are not looked up first.
    :param known: households that have one in all likelihood.
    """
    found = _stored(uow, known)
    found |= _minted(uow, {household: cases for household, cases in new.items() if household not in found})
    lacking = {**known, **new}
    lacking = {household: cases for household, cases in lacking.items() if household not in found}
    if lacking:  # those of `new` that had one already, and those of `known` that had none
        found |= _stored(uow, lacking)
        found |= _minted(uow, {id: cases for id, cases in lacking.items() if id not in found})
    return found


def renew(uow: UnitOfWork, households: Collection[str]) -> dict[str, str]:
    """New tokens for households whose link went to somebody else's phone: the old ones open nothing any more.

    Whoever lives there and had the old one gets the new one with their next text. Returns the sealed tokens.
    """
    tokens = {household: new_token() for household in sorted(households)}
    sealed = {household: uow.sealer.seal(token, LINK) for household, token in tokens.items()}
    rows = [
        {"household": household, "token": uow.index.short(LINK, token), "sealed": sealed[household]}
        for household, token in tokens.items()
    ]
    update_rows(uow.conn, table, rows, key=["household"], set=["token", "sealed"])
    return sealed


def token_of(conn: Connection, sealer: Sealer, household: str) -> str | None:
    """For whoever has the keys: the demo, which shows a resident's page. None: it has no link yet."""
    sealed = conn.execute(select(table.c.sealed).where(table.c.household == household)).scalar_one_or_none()
    return None if sealed is None else str(sealer.unseal(sealed, LINK))


def _minted(uow: UnitOfWork, households: Households) -> dict[str, str]:
    """Without those that have one already, of another transaction too."""
    rows = [_row(uow, household, households[household]) for household in sorted(households)]
    sealed = {row["household"]: row["sealed"] for row in rows}
    inserted = insert_rows(uow.conn, table, rows, ignore_conflicts=True, returning=["household"])
    return {household: sealed[household] for (household,) in inserted}


def _row(uow: UnitOfWork, household: str, cases: Collection[str]) -> dict[str, Any]:
    token = new_token()
    return {
        "household": household,
        "token": uow.index.short(LINK, token),
        "sealed": uow.sealer.seal(token, LINK),
        "cases": sorted(cases),
    }


def _stored(uow: UnitOfWork, households: Households) -> dict[str, str]:
    """Cases that came to such a household since are added to it."""
    if not households:
        return {}
    t = table.c
    these = is_in(uow.conn, t.household, sorted(households))
    rows = uow.conn.execute(select(t.household, t.sealed, t.cases).where(these)).all()
    grown = [row.household for row in rows if not set(households[row.household]) <= set(row.cases)]
    _add_cases(uow, grown, households)
    return {row.household: row.sealed for row in rows}


def _add_cases(uow: UnitOfWork, grown: Sequence[str], households: Households) -> None:
    if not grown:
        return
    t = table.c
    locked = select(t.household, t.cases).where(is_in(uow.conn, t.household, sorted(grown)))
    rows = [
        {"household": household, "cases": sorted({*cases, *households[household]})}
        for household, cases in uow.conn.execute(locked.order_by(t.household).with_for_update())
    ]
    update_rows(uow.conn, table, rows, key=["household"], set=["cases"])

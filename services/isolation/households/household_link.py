"""Which household's page a link opens: the console asks, before it knows for whom it asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from chassis.doors.declared import Asked, Lookup
from chassis.sealing import SealBroken
from chassis.unit_of_work import UnitOfWork
from field.scope import Scope
from services.isolation.cases.tables import cases
from services.isolation.contacts.invite import SEALED
from services.isolation.contacts.tables import contact_links
from services.isolation.households.rules import readable_until
from services.isolation.links.tables import links
from services.isolation.links.token import LINK, read_token


def cases_of(conn: Connection, household: str, ever: Sequence[str], *columns: Any) -> Sequence[Row[Any]]:
    """Rows of the household's cases that were published, in the order of their ids.

    :param ever: the cases that were ever of it, as its link names them.
    :param columns: what is read beside `case_id`, `household_id`, `language` and `closed_at`.
    """
    c = cases.c
    wanted = select(c.case_id, c.household_id, c.language, c.closed_at, *columns)
    rows = conn.execute(wanted.where(is_in(conn, c.case_id, ever), c.version > 0).order_by(c.case_id))
    return [row for row in rows if (row.household_id or row.case_id) == household]


def _find(uow: UnitOfWork, scope: Scope, asked: Asked, data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """:param data: `token`, as somebody typed it.

    Returns the `household`, which is the id of its link too, the `language` of its messages, whether it
    `may_act` on its page, where all of its cases have ended, `readable_until` when, and, of the link of a
    contact person, their `id`, `name`, `relation` and whether they are a `proxy`, under `contact`.
    """
    typed = data.get("token")
    token = read_token(typed) if isinstance(typed, str) else None
    if token is None:
        return None
    t, index = links.c, uow.index.short(LINK, token)
    contact = _contact(uow, index)
    whose = t.token == index if contact is None else t.household == contact.household
    link = uow.conn.execute(select(t.household, t.cases).where(whose)).one_or_none()
    own = cases_of(uow.conn, link.household, link.cases) if link else ()
    if link is None or not own:
        return None
    until = readable_until([row.closed_at for row in own])
    if until is not None and asked.now > until:
        return None
    first = min(own, key=lambda row: row.closed_at is not None)  # an open one, where there is any
    return {
        "household": link.household,
        "language": first.language,
        "may_act": until is None,
        "readable_until": until.astimezone(asked.zone).isoformat() if until else None,
        "contact": contact and {"id": contact.id, **_named(uow, contact.person)},
    }


def _contact(uow: UnitOfWork, token: int) -> Row[Any, Any, Any] | None:
    """The contact person whose link it is, while it counts."""
    c = contact_links.c
    wanted = select(c.id, c.household, c.person).where(c.token == token, c.ended_at.is_(None))
    return uow.conn.execute(wanted).one_or_none()


def _named(uow: UnitOfWork, person: str) -> Mapping[str, str | bool | None]:
    """What they call themselves, as it was said of them: it stands with what they report."""
    try:
        known = uow.sealer.unseal(person, SEALED)
    except SealBroken:  # of a key that is gone: the page is still needed
        known = {}
    proxy = bool(known.get("proxy"))
    return {"name": known.get("name"), "relation": known.get("relation"), "proxy": proxy}


HOUSEHOLD_LINK = Lookup("household_link", _find)

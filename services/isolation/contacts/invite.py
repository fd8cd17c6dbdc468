"""Contact persons who may report for a household, or sign for it, get a link of their own while they may."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select, update

from chassis.commands.command import Said
from chassis.database.statements import insert_rows
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from services.isolation.cases.case import Case
from services.isolation.contacts.tables import contact_links
from services.isolation.links.token import LINK, new_token

SEALED: Final = "contact"
"""The purpose under which what is said of contact persons is sealed."""
_PHONE: Final = "phone of a contact person"
_NOT_DIGITS: Final = re.compile(r"[^0-9]")
_L = contact_links.c


def invite(
    uow: UnitOfWork, household: str, people: Sequence[Mapping[str, Any]], case: Case, said: Said
) -> None:
    """Bring the links of a household in step with its contact persons. Who has a link that counts keeps it.

    :param people: as they were said, whole.
    :param case: of somebody who lives there: before it was published, and once it has ended, nobody new is
        invited.
    :param said: by which they were said: the cause of the invitations.
    """
    may = {_index(uow, one["phone"]): one for one in people if one.get("may_report") or one.get("proxy")}
    stored = select(_L.id, _L.phone).where(_L.household == household, _L.ended_at.is_(None))
    known = {row.phone: row.id for row in uow.conn.execute(stored.with_for_update())}
    _end(uow, [known[phone] for phone in known if phone not in may])
    for phone in sorted(may):
        person = uow.sealer.seal(_person(may[phone]), SEALED)
        if phone in known:
            uow.conn.execute(update(contact_links).where(_L.id == known[phone]).values(person=person))
        elif case.closed_at is None and case.version:
            _invite(uow, household, phone, may[phone], person, case, said)


def _end(uow: UnitOfWork, ids: Iterable[str]) -> None:
    for id in ids:
        uow.conn.execute(update(contact_links).where(_L.id == id).values(ended_at=uow.now))


def _invite(
    uow: UnitOfWork,
    household: str,
    phone: int,
    one: Mapping[str, Any],
    person: str,
    case: Case,
    said: Said,
) -> None:
    id, token = new_id(), new_token()
    row = {"id": id, "household": household, "phone": phone, "person": person, "ended_at": None}
    insert_rows(uow.conn, contact_links, [row | {"token": uow.index.short(LINK, token)}])
    data = {
        "link_id": id,
        "case_id": case.case_id,
        "arrival_id": case.case_id,
        "household_id": case.arrival.household_id,
        "contact": uow.sealer.seal({"name": one["name"], "phone": one["phone"]}),
        "language": case.arrival.language,
        "link": uow.sealer.seal(token, LINK),
        "community": case.arrival.community,
    }
    uow.record("contact.invited", id, 1, data, cause=said.event)


def _person(one: Mapping[str, Any]) -> dict[str, Any]:
    plain = {"name": one["name"], "phone": one["phone"], "relation": one.get("relation")}
    return {**plain, "proxy": bool(one.get("proxy"))}


def _index(uow: UnitOfWork, phone: str) -> int:
    return uow.index.short(_PHONE, _NOT_DIGITS.sub("", phone)[-11:])

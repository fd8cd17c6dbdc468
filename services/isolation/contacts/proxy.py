"""Who of a household's contact persons may sign for it: by the register, as it stands now."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from chassis.sealing import SealBroken
from chassis.unit_of_work import UnitOfWork
from field.ids import is_id
from services.isolation.contacts.invite import SEALED
from services.isolation.contacts.tables import contact_links


@dataclass(frozen=True, slots=True)
class Proxy:
    """:param name: with their relation to the household, as whoever wrote them down said it."""

    household: str
    name: str


def proxy(uow: UnitOfWork, link: str) -> Proxy | None:
    """The proxy whose link it is; None: its owner may only report, or is no contact person any more.

    :param link: its id, by which its owner is known as an author.
    """
    c = contact_links.c
    wanted = select(c.household, c.person).where(c.id == link, c.ended_at.is_(None))
    row = uow.conn.execute(wanted).one_or_none() if is_id(link) else None
    if row is None:
        return None
    try:
        person = uow.sealer.unseal(row.person, SEALED)
    except SealBroken:  # of a key that is gone: nobody knows who would sign
        return None
    named = " · ".join(part for part in (person["name"], person.get("relation")) if part)
    return Proxy(row.household, named) if person.get("proxy") else None

"""A publisher gets a key for the REST edge."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from sqlalchemy import select, update

from chassis.database.statements import insert_rows
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from services.registration.publishers.queries import KIND
from services.registration.publishers.tables import publisher_keys, publishers


def make_api_key(uow: UnitOfWork, name: str, *, end_others: bool = False) -> str:
    """Returns the key, of 256 random bits, which is kept nowhere: of so many bits a keyed digest is enough.

    :param end_others: the keys that it had before count no more.
    :raises Refused: it is no publisher, or was removed.
    """
    p, k, now = publishers.c, publisher_keys.c, datetime.now(UTC)
    known = select(p.name).where((p.name == name) & p.removed_at.is_(None)).with_for_update()
    if uow.conn.execute(known).one_or_none() is None:
        raise Refused("unknown", [Fault("", "unknown", f"there is no publisher {name}")])
    if end_others:
        uow.conn.execute(
            update(publisher_keys).where((k.publisher == name) & k.ended_at.is_(None)).values(ended_at=now)
        )
    key = secrets.token_urlsafe(32)
    row = {"id": new_id(), "publisher": name, "digest": uow.index(KIND, key), "created_at": now}
    insert_rows(uow.conn, publisher_keys, [row])
    return key

"""Which members of staff have a phone that is in at the console."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from services.notification.reference.tables import phones


def phones_in(conn: Connection, staff_ids: Collection[str], at: datetime) -> frozenset[str]:
    """
    :param at: real time.
    :returns: those of these who have one.
    """
    if not staff_ids:
        return frozenset()
    p = phones.c
    found = select(p.staff_id).where(is_in(conn, p.staff_id, sorted(staff_ids)), p.until > at)
    return frozenset(conn.execute(found).scalars())

"""How many messages there are, by state."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from chassis.database.statements import count_by
from services.notification.messages.states import PENDING, SENDING
from services.notification.messages.tables import messages


@dataclass(frozen=True, slots=True)
class Counts:
    """:param messages: by state."""

    messages: dict[str, int]

    @property
    def all(self) -> int:
        return sum(self.messages.values())

    @property
    def still_to_send(self) -> int:
        return sum(self.messages.get(state, 0) for state in (PENDING, SENDING))


def most_to_one(conn: Connection) -> int:
    """The most messages that one member of staff got on one day, without urgent ones."""
    m = messages.c
    who = func.coalesce(m.deputy, m.staff_id)
    counted = m.counted_on.is_not(None) & m.staff_id.is_not(None)
    each = select(func.count().label("many")).where(counted).group_by(who, m.counted_on)
    return conn.execute(select(func.max(each.subquery().c.many))).scalar_one() or 0


def counts(conn: Connection) -> Counts:
    return Counts(count_by(conn, messages.c.state))

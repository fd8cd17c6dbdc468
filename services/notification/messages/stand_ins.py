"""Reads who is away, and addresses what is theirs to their deputies."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from field.presence import MOST_DEPUTIES
from services.notification.events.event import STAFF, Recipient
from services.notification.messages.letters import Message
from services.notification.reference.tables import staff
from services.notification.rules.presence import Colleague, stand_in

_s = staff.c
_COLUMNS = (_s.staff_id, _s.role, _s.person, _s.language, _s.active, _s.away_from, _s.away_to, _s.deputy)


class StandIns:
    """For some members of staff, at one time of the field."""

    def __init__(self, conn: Connection, staff_ids: Collection[str], at: datetime) -> None:
        self._at = at
        self._known: dict[str, Colleague] = {}
        wanted = set(staff_ids)
        if wanted:
            gone = select(*_COLUMNS).where(is_in(conn, _s.staff_id, sorted(wanted)), _s.away_from <= at)
            self._known = {row.staff_id: Colleague(*row) for row in conn.execute(gone)}
        for _ in range(MOST_DEPUTIES):
            away = [one for one in self._known.values() if one.is_away(at)]
            deputies = {one.deputy for one in away if one.deputy} - self._known.keys()
            if not deputies:
                break
            rows = conn.execute(select(*_COLUMNS).where(is_in(conn, _s.staff_id, sorted(deputies))))
            self._known |= {row.staff_id: Colleague(*row) for row in rows}

    def of(self, staff_id: str) -> Recipient | None:
        """Who is told instead; None: they are there, or nobody else is."""
        if staff_id not in self._known:
            return None
        deputy = stand_in(staff_id, self._known, self._at)
        return (
            Recipient(STAFF, deputy.staff_id, deputy.role, deputy.person, deputy.language) if deputy else None
        )

    def addressed(self, message: Message) -> Message:
        """The message as it goes out: to the deputy of whoever is away."""
        if message.recipient.kind != STAFF or message.is_for_nobody_else:
            return message
        deputy = self.of(message.recipient.id)
        if deputy is None:
            return replace(message, deputy=None) if message.deputy else message
        return replace(message, recipient=deputy, deputy=deputy.staff_id)

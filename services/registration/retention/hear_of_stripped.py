"""The term of a case has passed: its arrival is stripped, too, as soon as nobody needs it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import update

from chassis.database.statements import is_in
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from field.days import local_day
from services.registration.arrivals.tables import arrivals


def hear_of_stripped(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Takes `case.stripped`. A timer strips in pieces what stands written down here."""
    a = arrivals.c
    these = is_in(uow.conn, a.id, sorted({event.data["arrival_id"] for event in events}))
    today = local_day(uow.now, uow.zone)
    uow.conn.execute(update(arrivals).where(these, a.stripped_at.is_(None)).values(strip_on=today))

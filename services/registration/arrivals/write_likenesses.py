"""Write likenesses: after an upgrade, give arrivals of before the rows by which others find them."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import select, update

from chassis.database.statements import is_in
from chassis.unit_of_work import UnitOfWork
from services.registration.arrivals.catalogue import read_catalogue
from services.registration.arrivals.find_likenesses import find_alike, told_of
from services.registration.arrivals.open_pairs import open_pairs
from services.registration.arrivals.tables import arrivals
from services.registration.persons.likeness import FORM, NEAR
from services.registration.reports.checks import OLDEST_ARRIVAL

_AT_ONCE: Final = 200
_LOOKED_AT: Final = OLDEST_ARRIVAL + NEAR + timedelta(days=1)
"""Before that, arrivals are too far from whatever is reported now."""


def write_likenesses(uow: UnitOfWork) -> int:
    """Timer. Returns how many arrivals it looked at; none are left once all are written.

    Pairs among them are opened, too, but nobody is sent a text: they came before the upgrade, and there may
    be many.
    """
    a = arrivals.c
    without = (a.likeness_form < FORM) & (a.arrived_at >= uow.now - _LOOKED_AT)
    held = select(a.id).where(without).order_by(a.arrived_at).with_for_update(skip_locked=True)
    ids = [row.id for row in uow.take(held, a.id, _AT_ONCE)]
    if ids:
        written = update(arrivals).where(is_in(uow.conn, a.id, ids))
        uow.conn.execute(written.values(likeness_form=FORM))
        places = read_catalogue(uow).places
        open_pairs(uow, find_alike(uow, places, list(told_of(uow, places, ids))), {}, tell=False)
    return len(ids)

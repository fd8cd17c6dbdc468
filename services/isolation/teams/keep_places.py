"""Places are registration's; isolation keeps what it needs of them."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from services.isolation.revisions import PLACES, mark_changed
from services.isolation.teams.keep_newest import keep_newest
from services.isolation.teams.tables import places

_KEPT = ("place_id", "parent", "level", "name", "division", "removed")


def keep_places(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """The newest version of each place wins, whatever came first."""
    rows = {
        e.data["place_id"]: {**{name: e.data[name] for name in _KEPT}, "version": e.version}
        for e in sorted(events, key=attrgetter("version"))
    }
    if keep_newest(uow.conn, places, "place_id", rows):
        mark_changed(uow.conn, PLACES)

"""When a risk list is published: import it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from services.registration.risk.import_risk_list import import_risk_list
from services.registration.risk.published_lists import read_official


def keep_risk_lists(uow: UnitOfWork, events: Sequence[Event]) -> None:
    for event in sorted(events, key=lambda event: (event.data["published_at"], event.id)):
        data = event.data
        official = read_official(data["official"], uow.zone, data["list_id"])
        import_risk_list(uow, replace(official, published_at=data["published_at"]), data["source"])

"""When a risk list is published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chassis.errors import Wrong
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from services.registration.reference.imported_tables import BadInput
from services.registration.risk.import_risk_list import import_risk_list
from services.registration.risk.published_lists import read_official


def keep_risk_lists(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Handler of `risk_list.published`."""
    for event in sorted(events, key=lambda one: (one.data["published_at"], one.id)):
        data = event.data
        try:
            found = read_official(data["official"], uow.zone, data["list_id"])
            import_risk_list(uow, replace(found, published_at=data["published_at"]), data["source"])
        except BadInput as error:
            raise Wrong(f"the risk list is refused: {error}") from None

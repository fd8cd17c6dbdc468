"""When a risk list is published: import it."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from services.registration.risk.import_risk_list import import_risk_list
from services.registration.risk.published_lists import read_official

log = structlog.get_logger(__name__)


def keep_risk_lists(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Odd rows are kept in the list's summary and logged; they are no dead letter, for the others count."""
    for event in sorted(events, key=lambda event: (event.data["published_at"], event.time, event.id)):
        data = event.data
        risk_list = read_official(data["official"], uow.zone, data["list_id"], data["published_at"])
        found = import_risk_list(uow, risk_list, data["source"], said_at=event.time)
        log.info(
            "risk_list_imported",
            list=found["list_id"],
            areas=found["areas"],
            placed=found["placed"],
            new=found["new"],
            changed=found["changed"],
            ended=found["ended"],
            already_imported=found["already_imported"],
            corrects=found.get("corrects"),
            corrected_by=found.get("corrected_by"),
        )
        for odd in found.get("odd_rows", ()):
            log.warning("odd_row_of_risk_list", list=found["list_id"], faults=odd["faults"])

"""One more of a household that came along: reported by whoever stood at the door, and followed with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chassis.commands.command import Said
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from contracts.faults import Fault, Refused
from contracts.registry import read_data
from field.days import local_day
from services.registration.arrivals.catalogue import Catalogue
from services.registration.arrivals.coming import Coming
from services.registration.arrivals.draft import Draft
from services.registration.intake.received import Received, check, take_in
from services.registration.reports.checks import OLDEST_STOP

_KIND = "grid"


def companion_report(
    uow: UnitOfWork, catalogue: Catalogue, draft: Draft, companion: Mapping[str, Any], said: Said
) -> Received:
    """The report of the companion beside the person of the arrival, judged, nothing written or locked.

    An infant is known by whoever it came with. Raises Refused with all faults of the companion; what is wrong
    of old in what is known of the arrival is left out.

    :param draft: the arrival with all that is said of it now: its door and its phone are theirs, too.
    """
    received = check(uow, catalogue, _event(uow, draft, companion, said))
    own = [one for one in received.statements if one.position == 0]
    faults = [fault for fault in received.faults if fault.where.partition(".")[0] == "person"]
    if faults or not own:
        raise Refused.invalid(map(_of_companion, faults or received.faults))
    received.statements, received.faults = own, []
    received.by_command = said.event.id
    return received


def add_companion(uow: UnitOfWork, catalogue: Catalogue, received: Received, household: str) -> str:
    """Take the report in, as any other: their risk and their worker are found as for everybody.

    Returns the id of their arrival. Replicas take turns from here on: nothing else is locked afterwards.
    """
    received.statements = [replace(said, household=household) for said in received.statements]
    take_in(uow, catalogue, [received])
    return received.arrival_ids[0]


def _of_companion(fault: Fault) -> Fault:
    return replace(fault, where=fault.where.replace("person", "companion", 1))


def _event(uow: UnitOfWork, draft: Draft, companion: Mapping[str, Any], said: Said) -> Event:
    coming, person = draft.coming(), draft.coming().person
    reached = person.phone or (coming.contact.phone if coming.contact else None)
    beside = {
        "name": person.name,
        "identity_type": person.identity_type,
        "identity_number": person.identity_number,
        "phone": reached,
        "nationality": person.nationality,
        "issuing_country": person.issuing_country,
    }
    data = {
        "source_kind": _KIND,
        "person": {name: _plain(value) for name, value in companion.items()},
        "companions": [beside],
        "stops": list(_stops(uow, coming)),
        "arrival": {"at": coming.arrived_at.isoformat(), "expected": coming.expected},
        "destination": {"division": coming.division or None, "address": coming.address or None},
        "remarks": "one more of the household, named by whoever stood at the door",
        "language": coming.language,
    }
    event = said.event
    raw = {"id": event.id, "source": event.source, "type": "arrival.reported", "data": data}
    return read_data(
        Event(
            id=event.id,
            source=event.source,
            type="arrival.reported",
            subject=None,
            time=said.at,
            data=data,
            correlationid=draft.stored.correlation_id if draft.stored else event.id,
            traceparent=event.traceparent,
            raw=raw,
        )
    )


def _stops(uow: UnitOfWork, coming: Coming) -> Iterator[dict[str, Any]]:
    """Those with a place, within the time that a report may name; the time of the coming may have moved."""
    arrival_day = local_day(coming.arrived_at, uow.zone)
    for stop in coming.stops:
        first = max(stop.first, arrival_day - OLDEST_STOP)
        last = min(stop.last, arrival_day + timedelta(days=1))
        if (stop.division or stop.address.strip()) and first <= last:
            yield {
                "division": stop.division or None,
                "address": stop.address or None,
                "from": first.isoformat(),
                "to": last.isoformat(),
            }


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value

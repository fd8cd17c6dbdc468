"""One more of a household that came along: reported by whoever stood at the door, and followed with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chassis.commands.command import Said
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from contracts.faults import Refused
from contracts.registry import read_data
from services.registration.arrivals.catalogue import read_catalogue
from services.registration.arrivals.draft import Draft
from services.registration.intake.received import check, take_in

_KIND = "grid"


def add_companion(uow: UnitOfWork, draft: Draft, companion: Mapping[str, Any], said: Said) -> str:
    """Returns the id of their arrival. Raises Refused with all faults before anything is written.

    It goes in as a report does, of the companion beside the person of the arrival: their keys, their risk and
    their worker are found as for everybody, and an infant is known by whoever it came with.
    """
    catalogue = read_catalogue(uow)
    received = check(uow, catalogue, _event(draft, companion, said))
    own = [one for one in received.statements if one.position == 0]
    if not own or received.faults:
        raise Refused.invalid(
            replace(fault, where=fault.where.replace("person", "companion", 1)) for fault in received.faults
        )
    received.statements = [replace(own[0], household=draft.household)]
    received.by_command = said.event.id
    take_in(uow, catalogue, [received])
    return received.arrival_ids[0]


def _event(draft: Draft, companion: Mapping[str, Any], said: Said) -> Event:
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
        "stops": [
            {
                "division": stop.division or None,
                "address": stop.address or None,
                "from": stop.first.isoformat(),
                "to": stop.last.isoformat(),
            }
            for stop in coming.stops
        ],
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


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value

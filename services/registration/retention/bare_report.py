"""A report as it came, without its people: what it says of days, places and who sent it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from contracts.faults import Fault
from field.words import SOURCE_KINDS
from services.registration.reports.flaws import without_flaws

_ENVELOPE: Final = ("specversion", "id", "source", "type", "time", "dataschema")
_ARRIVAL: Final = ("at", "expected", "called_off", "entered_on")
_STOP: Final = ("division", "from", "to")


def bare(raw: Mapping[str, Any], faults: Iterable[Fault]) -> dict[str, Any]:
    """It reads as a report of as many people, of whom nothing is known: the arrival stays what it was.

    :param raw: the event, as it came.
    :param faults: of its parts, as they were kept.
    """
    given = raw.get("data")
    data = without_flaws(given, faults).data if isinstance(given, Mapping) else {}
    destination, coming = data.get("destination") or {}, data.get("arrival") or {}
    return {
        **{name: raw[name] for name in _ENVELOPE if name in raw},
        "data": {
            "source_kind": data.get("source_kind") or SOURCE_KINDS[-1],
            "person": {},
            "companions": [{} for _ in data.get("companions") or ()],
            "arrival": {name: coming[name] for name in _ARRIVAL if name in coming},
            "destination": {"division": destination.get("division")},
            "stops": [{name: stop.get(name) for name in _STOP} for stop in data.get("stops") or ()],
            "language": data.get("language"),
        },
    }

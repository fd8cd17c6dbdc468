"""The envelope of an event: CloudEvents 1.0 in structured JSON."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

ARRIVAL_REPORTED = "arrival.reported"


def arrival_event(
    source: str, data: Mapping[str, Any], id: str | None = None, time: datetime | str | None = None
) -> dict[str, Any]:
    """One report of an arrival, ready to publish: `event("arrival.reported", …)`."""
    return event(ARRIVAL_REPORTED, source, data, id, time)


def event(
    type: str,
    source: str,
    data: Mapping[str, Any],
    id: str | None = None,
    time: datetime | str | None = None,
) -> dict[str, Any]:
    """One event, ready to publish.

    `type` is one that you may publish: `arrival.reported`, `test.reported`, … (Doorstep's docs/events.md).
    `source` names where in your system the event comes from and begins with your publisher name:
    `/rail-lanzhou/departures`. `id` with `source` makes the event unique: give your own key if you may
    send the same event again, for then the repeat is recognised; otherwise a random one is made. An
    event whose content changed is a new event and needs a new id. `time` (now, if left out) is when
    you learned of it, with its zone.
    """
    moment = datetime.now().astimezone() if time is None else time
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            raise ValueError("time must have a zone, e.g. datetime.now().astimezone()")
        moment = moment.isoformat()
    return {
        "specversion": "1.0",
        "id": id or str(uuid.uuid4()),
        "source": source,
        "type": type,
        "time": moment,
        "datacontenttype": "application/json",
        "data": dict(data),
    }


def publisher_of(source: str) -> str:
    """The publisher that a source belongs to: its first segment (`/rail-lanzhou/x` → `rail-lanzhou`)."""
    return source.lstrip("/").partition("/")[0]


def names_a_person(event: Mapping[str, Any]) -> str | None:
    """The attribute in which a number of somebody in the event stands: Doorstep refuses it, for what stands
    there goes everywhere in clear."""
    numbers = [number for number in map(_compact, _numbers_in(event.get("data"))) if len(number) >= 8]
    for name in ("id", "source", "correlationid"):
        text = _compact(event.get(name))
        if any(number in text for number in numbers):
            return name
    return None


def _numbers_in(data: object) -> Iterator[object]:
    if not isinstance(data, Mapping):
        return
    companions = data.get("companions")
    people = (data, data.get("person"), *(companions if isinstance(companions, list | tuple) else ()))
    for person in people:
        if isinstance(person, Mapping):
            yield from (person.get("identity_number"), person.get("phone"))
    if isinstance(identity := data.get("identity"), Mapping):
        yield identity.get("number")


def _compact(text: object) -> str:
    return re.sub("[^0-9A-Z]+", "", text.upper()) if isinstance(text, str) else ""


def dump(event: Mapping[str, Any]) -> bytes:
    """The event as JSON. Dates and datetimes become ISO 8601 text."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"), default=_iso).encode()


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a datetime in the event has no zone")
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")

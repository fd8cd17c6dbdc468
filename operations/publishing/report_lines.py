"""Reports and other events in a file, one per line, to publish. Reads as a stream; a bad line stops nothing.

JSON lines: a line is the data of a report (`{"source_kind": …, "person": …}`), any event by its type and
data (`{"type": "test.reported", "data": …}`, with id, source and time where they are known), a whole
CloudEvent, or `{"broken": {"body": …, "content_type": …}}`, which is sent exactly like that.
"""

from __future__ import annotations

import csv
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import orjson

from contracts.registry import INBOUND_TYPES
from doorstep_client import Raw, event
from doorstep_client.events import ARRIVAL_REPORTED
from doorstep_client.packing import MAX_BYTES
from field.moments import read_moment
from field.sent_tables import iso_day
from operations.publishing.table_rows import TableRows

COLUMNS = (
    *("id", "source", "time", "source_kind", "reference", "name", "identity_type", "identity_number"),
    *("phone", "birth_date", "sex", "nationality", "companions", "stops", "transport_mode"),
    *("transport_number", "carriage", "seat", "arrived_at", "expected", "destination_division"),
    *("destination_address", "remarks", "language", "issuing_country", "called_off"),
    "entered_on",
)
NEEDED = ("name", "arrived_at")
_NAMESPACE = uuid.UUID("6f0a7ad1-2f43-5f2c-9d0e-5b1a4c6d7e80")
_CODE_FIRST = re.compile(r"(\d{2,12})(?:\s+(.*))?$")
_YES, _NO = ("true", "yes", "1", "是"), ("", "false", "no", "0", "否")


class WrongFile(Exception):
    """The file as a whole cannot be used; one line that says why."""


class _BadLine(Exception):
    """The text never quotes the content: it may be personal data."""


@dataclass(frozen=True, slots=True)
class Item:
    """A report to send. `end`: so many bytes of the file have been read after it."""

    line: int
    send: dict[str, Any] | Raw
    end: int


@dataclass(frozen=True, slots=True)
class BrokenLine:
    line: int
    reason: str


def event_id(source: str, line: int, content: bytes) -> str:
    """The same for the same content on the same line, so that sending a file again doubles nothing."""
    return str(uuid.uuid5(_NAMESPACE, f"{source}\n{line}\n{content.hex()}"))


class ReportLines:
    """`source`: where reports without a source of their own come from (`/rail-lanzhou/files`)."""

    def __init__(self, source: str | None, zone: ZoneInfo) -> None:
        self._source = source
        self._zone = zone

    def json_lines(self, stream: BinaryIO) -> Iterator[Item | BrokenLine]:
        number = end = 0
        while line := stream.readline(2 * MAX_BYTES):
            number, end = number + 1, end + len(line)
            too_long = len(line) > MAX_BYTES
            while too_long and not line.endswith(b"\n") and (line := stream.readline(MAX_BYTES)):
                end += len(line)
            if too_long:
                yield BrokenLine(number, f"longer than {MAX_BYTES} bytes")
            elif content := line.removeprefix(b"\xef\xbb\xbf").strip():
                try:
                    yield Item(number, self._from_json(number, content), end)
                except _BadLine as error:
                    yield BrokenLine(number, str(error))

    def csv_rows(self, stream: BinaryIO) -> Iterator[Item | BrokenLine]:
        """Raises WrongFile for a header that does not fit."""
        table = TableRows(stream, COLUMNS)
        try:
            header = table.read_header()
        except (csv.Error, UnicodeDecodeError) as error:
            raise WrongFile(f"line 1 is no header of a table: {error}") from None
        _check_header(header)
        for line, row in table.rows():
            if isinstance(row, str):
                yield BrokenLine(line, row)
                continue
            try:
                yield Item(line, self._from_row(line, row), table.bytes_read)
            except _BadLine as error:
                yield BrokenLine(line, str(error))

    # --- one line -------------------------------------------------------------------------------------

    def _from_json(self, line: int, content: bytes) -> dict[str, Any] | Raw:
        try:
            found = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            raise _BadLine(f"not JSON (at character {error.pos})") from None
        if not isinstance(found, dict):
            raise _BadLine("must be a JSON object")
        if "broken" in found:
            return _raw(found["broken"])
        if "specversion" in found:
            for name in ("id", "source", "type"):
                if not isinstance(found.get(name), str) or not found[name]:
                    raise _BadLine(f"the event has no {name}")
            _check_event(found)
            return found
        if "type" in found and "person" not in found:
            return self._from_short(line, found, content)
        if "person" not in found:
            raise _BadLine("neither a CloudEvent (specversion) nor an event (type) nor a report (person)")
        return self._event(line, found, content)

    def _from_short(self, line: int, found: dict[str, Any], content: bytes) -> dict[str, Any]:
        """An event without its envelope."""
        for name in ("id", "source", "time"):
            if not isinstance(found.get(name), str | None):
                raise _BadLine(f"{name} must be text")
        if not isinstance(found["type"], str):
            raise _BadLine("type must be text")
        _check_event(found)
        given = {name: found.get(name) for name in ("id", "source", "time")}
        return self._event(line, found["data"], content, type=found["type"], **given)

    def _event(
        self,
        line: int,
        data: dict[str, Any],
        content: bytes,
        *,
        type: str = ARRIVAL_REPORTED,
        id: str | None = None,
        source: str | None = None,
        time: str | None = None,
    ) -> dict[str, Any]:
        source = source or self._source
        if not source:
            raise _BadLine("has no source: give --publisher or --source")
        if type == ARRIVAL_REPORTED:
            time = time or _reported_at(data)
        return event(type, source, data, id or event_id(source, line, content), time)

    def _from_row(self, line: int, cell: dict[str, str]) -> dict[str, Any]:
        get: Callable[[str], str | None] = lambda name: cell.get(name) or None  # noqa: E731
        if not get("name") and not get("identity_number"):
            raise _BadLine("name is empty, and so is identity_number: give one of them")
        if not get("arrived_at"):
            raise _BadLine("arrived_at is empty")
        moving = [get("transport_mode"), get("transport_number"), get("carriage"), get("seat")]
        # Not there where it is not given: an event's id may follow from its content, and must be as before.
        issued_by = {"issuing_country": get("issuing_country")} if get("issuing_country") else {}
        # Left out where it is not given: the ids of rows follow from their content.
        called_off = {"called_off": True} if _flag(cell.get("called_off", "")) else {}
        entered_on = {"entered_on": iso_day(cell["entered_on"])} if get("entered_on") else {}
        expected = _flag(cell.get("expected", ""))
        data = {
            "source_kind": get("source_kind") or "import",
            "reference": get("reference"),
            "person": {
                "name": get("name"),
                "identity_type": get("identity_type"),
                "identity_number": get("identity_number"),
                "phone": get("phone"),
                "birth_date": iso_day(cell.get("birth_date", "")) or None,
                "sex": get("sex"),
                "nationality": get("nationality"),
                **issued_by,
            },
            "companions": [_companion(text) for text in _parts(get("companions"))],
            "stops": [_stop(text) for text in _parts(get("stops"))],
            "transport": dict(zip(("mode", "number", "carriage", "seat"), moving, strict=True))
            if any(moving)
            else None,
            "arrival": {
                "at": self._moment(cell["arrived_at"]),
                "expected": expected,
                **called_off,
                **entered_on,
            },
            "destination": {"division": get("destination_division"), "address": get("destination_address")},
            "remarks": get("remarks"),
            "language": get("language") or "zh-CN",
        }
        content = orjson.dumps(data, option=orjson.OPT_SORT_KEYS)
        time = self._moment(cell["time"], "time") if get("time") else None
        return self._event(line, data, content, id=get("id"), source=get("source"), time=time)

    def _moment(self, text: str, column: str = "arrived_at") -> str:
        try:
            moment = read_moment(iso_day(text))
        except ValueError:
            raise _BadLine(f"{column} must be like 2022-10-01T06:12 or 2022-10-01T06:12:00+08:00") from None
        return (moment if moment.tzinfo else moment.replace(tzinfo=self._zone)).isoformat()


def _check_header(header: list[str]) -> None:
    named = [name for name in header if name]
    if unknown := [name for name in named if name not in COLUMNS]:
        raise WrongFile(f"unknown column {', '.join(unknown)}; known are {', '.join(COLUMNS)}")
    if missing := [name for name in NEEDED if name not in header]:
        raise WrongFile(f"the header has no column {', '.join(missing)}")
    if len(set(named)) != len(named):
        raise WrongFile("a column stands in the header twice")


def _check_event(found: dict[str, Any]) -> None:
    if found["type"] not in INBOUND_TYPES:
        raise _BadLine(f"other systems publish no event of this type, only {', '.join(INBOUND_TYPES)}")
    if not isinstance(found.get("data"), dict):
        raise _BadLine("the event's data must be a JSON object")


def _raw(broken: Any) -> Raw:
    if not isinstance(broken, dict) or not isinstance(broken.get("body"), str):
        raise _BadLine("broken must be an object with body (text) and content_type")
    return Raw(
        broken["body"].encode(errors="surrogatepass"),
        str(broken.get("content_type") or "application/cloudevents+json"),
        str(broken.get("publisher") or ""),
        str(broken.get("type") or ARRIVAL_REPORTED),
    )


def _reported_at(data: dict[str, Any]) -> str | None:
    """When an actual arrival happened; None for one expected or called off, which is known from now on."""
    arrival = data.get("arrival")
    if not isinstance(arrival, dict) or arrival.get("expected") or arrival.get("called_off"):
        return None
    if isinstance(arrival.get("at"), str):
        try:
            return arrival["at"] if datetime.fromisoformat(arrival["at"]).tzinfo else None
        except ValueError:
            return None
    return None


def _parts(cell: str | None) -> Iterable[str]:
    return (part.strip() for part in re.split("[;；]", cell or "") if part.strip())


def _stop(text: str) -> dict[str, Any]:
    """`620402:2022-09-20:2022-10-01`; the place is a code, an address, or both with a blank between."""
    place, *days = text.rsplit(":", 2)
    try:
        first, last = (date.fromisoformat(iso_day(day.strip())).isoformat() for day in days)
    except ValueError:
        raise _BadLine("stops must be like 620402:2022-09-20:2022-10-01;…") from None
    coded = _CODE_FIRST.match(place.strip())
    division, address = (coded[1], coded[2]) if coded else (None, place.strip())
    return {"division": division, "address": address or None, "from": first, "to": last}


def _companion(text: str) -> dict[str, Any]:
    """`name/identity_type/identity_number/phone`, from the right what is unknown left out."""
    names = ("name", "identity_type", "identity_number", "phone")
    values = [value.strip() or None for value in text.split("/")]
    if len(values) > len(names) or not values[0]:
        raise _BadLine("companions must be like name/identity_type/identity_number/phone;…")
    return {name: value for name, value in zip(names, values + [None] * 4, strict=False)}


def _flag(text: str) -> bool:
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise _BadLine("expected must be true or false")

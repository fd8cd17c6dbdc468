"""CloudEvents 1.0 in structured JSON, one event or a packed array of them in a message.

Over AMQP 0-9-1 CloudEvents defines no batch form; the array with the content type of the HTTP
batch mode is our convention.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

from contracts.encodings import NotUnpacked, unpacked
from contracts.faults import Fault
from field.moments import read_moment

ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"

# A packed message beyond either limit is refused: it would hold up a batch and a transaction for too long.
MAX_EVENTS = 200
MAX_BYTES = 1024 * 1024
# Objects and arrays in one event. 1 MiB of empty ones takes 28 MiB of memory; a list of all risk areas of the
# country holds some 2,600.
MAX_PARTS = 5000

_DEEP = 200
_DECODER = json.JSONDecoder()

_REQUIRED = ("specversion", "id", "source", "type")

Loads = Callable[[str, str | None, dict[str, Any]], tuple[dict[str, Any], tuple[Fault, ...]]]
"""(type, dataschema, data) -> the data that its schema loads, or as it came with what is wrong with it."""


class Unreadable(Exception):
    """A message cannot be read, or one of its events cannot. The text never quotes the content."""

    def __init__(self, message: str, *, field: str = "event", code: str = "contract") -> None:
        super().__init__(message)
        self.fault = Fault(field, code, message)


@dataclass(frozen=True, slots=True)
class Event:
    """One event as handlers see it. `time` is aware; `data` holds what its schema loaded.

    Where a handler reads leniently and `problems` is not empty, `data` is the raw JSON object instead.
    `letter` is the dead letter that was replayed, where the event came from one; `origin` the message in
    which it came, where it came in one.
    """

    id: str
    source: str
    type: str
    subject: str | None
    time: datetime
    data: dict[str, Any]
    dataschema: str | None = None
    aggregateversion: int | None = None
    correlationid: str = ""
    traceparent: str | None = None
    problems: tuple[Fault, ...] = ()
    raw: dict[str, Any] = field(default_factory=dict)
    publisher: str | None = None
    letter: str | None = None
    origin: Parsed | None = field(default=None, compare=False, repr=False)

    @property
    def key(self) -> tuple[str, str]:
        """Source and id together make an event unique (CloudEvents)."""
        return (self.source, self.id)

    @property
    def speaks_for_itself(self) -> bool:
        """Whether the source is the publisher's own: `/<publisher>`, or beginning with `/<publisher>/`."""
        return self.publisher is None or f"{self.source}/".startswith(f"/{self.publisher}/")

    @property
    def version(self) -> int:
        return self.aggregateversion or 0

    def with_data(self, data: dict[str, Any], problems: tuple[Fault, ...] = ()) -> Event:
        return replace(self, data=data, problems=problems)


@dataclass(frozen=True, slots=True)
class BadEvent:
    """One event of a message that cannot be read. Its neighbours in the message may be sound.

    :param fault: None where a bug of ours kept it from being read: its publisher has nothing to mend.
    :param raw: any JSON value.
    """

    fault: Fault | None
    raw: Any
    publisher: str | None = None
    letter: str | None = None

    @property
    def id(self) -> str | None:
        """The id where it can be read, cut to the length of its column."""
        return self._text("id")

    @property
    def source(self) -> str | None:
        return self._text("source")

    @property
    def type(self) -> str | None:
        return self._text("type")

    @property
    def correlationid(self) -> str | None:
        return self._text("correlationid") or self.id

    @property
    def traceparent(self) -> str | None:
        return self._text("traceparent")

    def _text(self, name: str) -> str | None:
        value = self.raw.get(name) if isinstance(self.raw, dict) else None
        return value[:200].replace("\0", "\ufffd") if isinstance(value, str) and value else None


# In place of the source or id of an event that has none, or one that is no text.
_UNREADABLE = "(unreadable)"


def named(event: Event | BadEvent) -> dict[str, str]:
    """An event as answers name it, as far as its source and id can be read."""
    return {"source": event.source or _UNREADABLE, "id": event.id or _UNREADABLE}


@dataclass(frozen=True, slots=True)
class Wire:
    """Bytes as they travelled, with what the message said of them."""

    body: bytes
    content_type: str
    content_encoding: str | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """A message that is JSON: a document for each event, sound or not.

    :param wire: the message as it came; `text` is its body without packing.
    :param may_hold_many: objects and arrays; one of the documents too many, perhaps.
    """

    documents: list[Any]
    may_hold_nul: bool
    wire: Wire
    text: bytes
    is_batch: bool = False
    may_hold_many: bool = False

    def read(self, document: Any, publisher: str | None, load: Loads | None = None) -> Event:
        """One of the documents as an event. Raises Unreadable.

        :param load: reads its data as well; without it the event has these as they came.
        """
        if self.may_hold_nul and _holds_nul(document):
            raise Unreadable("texts must not hold the NUL character")
        if self.may_hold_many and _holds_many(document):
            raise Unreadable(f"an event holds at most {MAX_PARTS} objects and arrays")
        return _event(document, publisher, self, load)

    def wire_of(self, document: Any) -> Wire:
        """The bytes of one of the documents, as they stand in the message; the same object must be given."""
        if not self.is_batch:
            return self.wire
        number = next((n for n, one in enumerate(self.documents) if one is document), None)
        spans = _spans(self.text) if number is not None else ()
        if number is None or len(spans) != len(self.documents):
            return Wire(orjson.dumps(document), ONE)
        return Wire(spans[number], ONE)


def wire_of(event: Event) -> Wire:
    """The event as it came, to the bit; one that came in no message as it would be sent."""
    return event.origin.wire_of(event.raw) if event.origin else Wire(orjson.dumps(event.raw), ONE)


def read_message(
    body: bytes | memoryview | str, content_type: str | None, *, publisher: str | None = None
) -> list[Event]:
    """The events in one message, in their order. Raises Unreadable where one of them is unsound."""
    parsed = parse_message(body, content_type)
    return [parsed.read(document, publisher) for document in parsed.documents]


def parse_message(
    body: bytes | memoryview | str, content_type: str | None, content_encoding: str | None = None
) -> Parsed:
    """The documents in one message, in their order. Raises Unreadable for what is wrong with all of it."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind not in (ONE, BATCH):
        raise Unreadable(f"content type must be {ONE} or {BATCH}")
    if len(body) > MAX_BYTES:
        raise Unreadable(f"body is over {MAX_BYTES} bytes")
    wire = Wire(bytes_of(body), content_type or "", content_encoding)
    try:
        text = unpacked(wire.body, content_encoding, content_type, MAX_BYTES)
    except NotUnpacked as error:
        raise Unreadable(str(error)) from None
    document = _json(text)
    parts = text.count(b"{") + text.count(b"[")
    if parts > _DEEP and not _can_be_written(document):
        raise Unreadable("nested too deeply")
    may_hold_nul, may_hold_many = b"\\u0000" in text, parts > MAX_PARTS
    if kind == ONE:
        return Parsed([document], may_hold_nul, wire, text, may_hold_many=may_hold_many)
    if not isinstance(document, list) or not document:
        raise Unreadable("a batch must be a JSON array with at least one event")
    if len(document) > MAX_EVENTS:
        raise Unreadable(f"a batch holds at most {MAX_EVENTS} events")
    return Parsed(document, may_hold_nul, wire, text, is_batch=True, may_hold_many=may_hold_many)


def bytes_of(body: bytes | memoryview | str) -> bytes:
    return body.encode("utf-8", "replace") if isinstance(body, str) else bytes(body)


def _json(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        try:
            text.decode()
        except UnicodeDecodeError as wrong:
            raise Unreadable(f"body is not JSON: it is no UTF-8 (at byte {wrong.start})") from None
        raise Unreadable(f"body is not JSON (at character {error.pos})") from None


@lru_cache(maxsize=2)  # asked for by each event of a message that dies
def _spans(text: bytes) -> Sequence[bytes]:
    """Each item of a JSON array as its bytes; none where Python's own reader cannot follow."""
    array = text.decode()
    found, at = [], _after_blanks(array, _after_blanks(array, 0) + 1)
    try:
        while True:
            _, end = _DECODER.raw_decode(array, at)
            found.append(array[at:end].encode())
            at = _after_blanks(array, end)
            if array[at] != ",":
                return found
            at = _after_blanks(array, at + 1)
    except (ValueError, RecursionError, IndexError):
        return []


def _after_blanks(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at


def _event(document: Any, publisher: str | None, origin: Parsed, load: Loads | None) -> Event:
    if not isinstance(document, dict):
        raise Unreadable("an event must be a JSON object")
    for name in _REQUIRED:
        value = document.get(name)
        if not isinstance(value, str) or not value:
            raise Unreadable(f"the event has no {name}", field=name)
    if document["specversion"] != "1.0":
        raise Unreadable("specversion must be 1.0", field="specversion")
    data = document.get("data")
    if not isinstance(data, dict):
        raise Unreadable("data must be a JSON object", field="data")
    version = document.get("aggregateversion")
    if version is not None and (type(version) is not int or not 0 <= version < 2**31):
        raise Unreadable("aggregateversion must be a whole number", field="aggregateversion")
    event_id = document["id"]
    for name in ("id", "source"):
        if len(document[name]) > 200:
            raise Unreadable("id and source hold at most 200 characters", field=name)
    for name in ("subject", "dataschema", "correlationid", "traceparent"):
        if not isinstance(document.get(name), str | None):
            raise Unreadable(f"{name} must be text", field=name)
    if len(document.get("correlationid") or "") > 200:  # an id too: of the first report
        raise Unreadable("correlationid holds at most 200 characters", field="correlationid")
    moment, dataschema = _time(document.get("time")), document.get("dataschema")
    problems: tuple[Fault, ...] = ()
    if load is not None:
        data, problems = load(document["type"], dataschema, data)
    return Event(
        id=event_id,
        source=document["source"],
        type=document["type"],
        subject=document.get("subject"),
        time=moment,
        data=data,
        dataschema=dataschema,
        aggregateversion=version,
        correlationid=document.get("correlationid") or event_id,
        traceparent=document.get("traceparent"),
        problems=problems,
        raw=document,
        publisher=publisher,
        origin=origin,
    )


def _can_be_written(document: Any) -> bool:
    """orjson reads 1,024 levels and writes 254. A deeper document could not even become a dead letter."""
    try:
        orjson.dumps([[[[document]]]])
    except orjson.JSONEncodeError:
        return False
    return True


def _holds_nul(value: Any) -> bool:
    """PostgreSQL stores no NUL: refuse it here, before it fails there again and again."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any("\0" in key or _holds_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(map(_holds_nul, value))


def _holds_many(document: Any) -> bool:
    parts, left = 0, [document]
    while left and parts <= MAX_PARTS:
        value = left.pop()
        if isinstance(value, dict | list):
            parts += 1
            left += value.values() if isinstance(value, dict) else value
    return parts > MAX_PARTS


def _time(text: Any) -> datetime:
    if not isinstance(text, str):
        raise Unreadable("time must be given, as RFC 3339 text with a zone", field="time")
    try:
        moment = read_moment(text)
    except ValueError:
        raise Unreadable("time is not RFC 3339", field="time") from None
    if moment.tzinfo is None:
        raise Unreadable("time has no zone", field="time")
    return moment


def event_document(
    *,
    id: str,
    source: str,
    type: str,
    data: Mapping[str, Any],
    time: datetime,
    subject: str | None = None,
    dataschema: str | None = None,
    aggregateversion: int | None = None,
    correlationid: str | None = None,
    traceparent: str | None = None,
) -> dict[str, Any]:
    """The JSON object of one event, without the attributes that are empty."""
    document: dict[str, Any] = {
        "specversion": "1.0",
        "id": id,
        "source": source,
        "type": type,
        "time": time.astimezone(UTC),
        "datacontenttype": "application/json",
        "data": data,
    }
    for name, value in (
        ("subject", subject),
        ("dataschema", dataschema),
        ("aggregateversion", aggregateversion),
        ("correlationid", correlationid),
        ("traceparent", traceparent),
    ):
        if value is not None:
            document[name] = value
    return document


def dump_event(document: Mapping[str, Any]) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_UTC_Z)


def join_events(bodies: Iterable[bytes]) -> bytes:
    """Make a packed message of events that are JSON already."""
    return b"[" + b",".join(bodies) + b"]"

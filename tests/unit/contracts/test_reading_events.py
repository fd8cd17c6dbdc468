"""Whatever bytes come, reading them ends in events or in Unreadable, and nothing else."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.envelope import (
    BATCH,
    MAX_BYTES,
    MAX_EVENTS,
    MAX_PARTS,
    ONE,
    Event,
    Unreadable,
    dump_event,
    event_document,
    parse_message,
    read_message,
)
from contracts.examples import EXAMPLES
from contracts.registry import EVENT_TYPES, read_data

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
    | st.sampled_from(
        ["1.0", "2022-10-01T06:15:00+08:00", "arrival.reported", "0001-01-01T00:00:00+23:59", "\0"]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)
SOUND = JSON.filter(lambda value: "\\u0000" not in orjson.dumps(value).decode())
NAMES = st.sampled_from(
    [*EXAMPLES["case.opened"], "extension"]  # each attribute there is
)


def read_all(body: Any, content_type: str | None) -> list[Event] | None:
    try:
        return [read_data(event) for event in read_message(body, content_type)]
    except Unreadable as error:
        assert len(str(error)) < 200
        return None


@given(st.binary(max_size=300), st.sampled_from([ONE, BATCH, "text/plain", "", None]))
def test_arbitrary_bytes(body: bytes, content_type: str | None) -> None:
    assert not read_all(body, content_type)


@given(JSON, st.sampled_from([ONE, BATCH]))
def test_arbitrary_json(document: Any, content_type: str) -> None:
    read_all(orjson.dumps(document), content_type)


@given(st.sampled_from(sorted(EXAMPLES)), st.dictionaries(NAMES, JSON, max_size=4))
def test_an_event_with_arbitrary_attributes(name: str, changes: dict[str, Any]) -> None:
    for event in read_all(orjson.dumps({**EXAMPLES[name], **changes}), ONE) or []:
        assert event.time.tzinfo is not None
        assert event.id and "\0" not in event.id and len(event.id) <= 200
        assert 0 <= event.version < 2**31
        # The part that is kept can be written down again.
        assert orjson.loads(orjson.dumps(event.raw)) is not None


@settings(max_examples=150)
@given(st.sampled_from(sorted(EXAMPLES)), st.data())
def test_data_with_one_arbitrary_value_anywhere(name: str, data: st.DataObject) -> None:
    event = copy.deepcopy(EXAMPLES[name])
    holder = event["data"]
    while True:
        key = data.draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
        if not isinstance(holder[key], dict | list) or not holder[key] or data.draw(st.booleans()):
            break
        holder = holder[key]
    holder[key] = data.draw(SOUND)
    (read,) = read_all(orjson.dumps(event), ONE) or [None]
    assert read is not None, "wrong data is a problem with a path, never Unreadable"
    assert (read.data == event["data"]) if read.problems else True
    # The quick way and marshmallow come to the same.
    kind = EVENT_TYPES[name]
    assert bool(read.problems) == bool(kind.loader.validate(event["data"]))
    if not read.problems:
        assert read.data == kind.loader.load(event["data"])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"specversion": "0.3"}, "specversion must be 1.0"),
        ({"specversion": None}, "no specversion"),
        ({"id": ""}, "no id"),
        ({"id": 5}, "no id"),
        ({"id": "x" * 201}, "at most 200"),
        ({"source": "x" * 201}, "at most 200"),
        ({"time": None}, "time must be given"),
        ({"time": "2022-10-01T06:15:00"}, "no zone"),
        ({"time": "yesterday"}, "not RFC 3339"),
        ({"data": []}, "data must be a JSON object"),
        ({"data": None}, "data must be a JSON object"),
        ({"aggregateversion": "1"}, "whole number"),
        ({"aggregateversion": True}, "whole number"),
        ({"subject": 5}, "subject must be text"),
        ({"correlationid": "x" * 201}, "correlationid holds at most 200"),
        ({"correlationid": ["x"]}, "correlationid must be text"),
    ],
)
def test_an_attribute_that_is_wrong_is_named(change: dict[str, Any], says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        read_message(orjson.dumps({**EXAMPLES["place.changed"], **change}), ONE)


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        (b"{}", None, "content type"),
        (b"{}", "application/json", "content type"),
        (b"{", ONE, "not JSON"),
        (b"\xff", ONE, "not JSON"),
        (b"[]", ONE, "JSON object"),
        (b"{}", BATCH, "JSON array"),
        (b"[]", BATCH, "at least one"),
        (b"[1]", BATCH, "JSON object"),
        (b"[" + b"1," * MAX_EVENTS + b"1]", BATCH, "at most 200"),
        (b" " * (MAX_BYTES + 1), ONE, "over 1048576 bytes"),
    ],
)
def test_a_body_that_is_wrong_is_told_without_its_content(body: bytes, content_type: str, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        read_message(body, content_type)


@pytest.mark.parametrize("empty", [b"[]", b"{}", b'{"a":[]}'])
def test_an_event_of_too_many_parts_is_unreadable_and_its_neighbours_are_not(empty: bytes) -> None:
    sound = dump_event(EXAMPLES["place.changed"])
    most = (MAX_PARTS - 4) // (empty.count(b"{") + empty.count(b"["))
    enough = sound[:-1] + b',"x":[' + b",".join([empty] * most) + b"]}"
    bomb = sound[:-1] + b',"x":[' + b",".join([empty] * (most + 4)) + b"]}"
    assert len(read_message(enough, ONE)) == 1
    with pytest.raises(Unreadable, match="at most 5000 objects and arrays"):
        read_message(bomb, ONE)
    parsed = parse_message(b"[" + b",".join([enough, bomb, enough]) + b"]", BATCH)
    read = []
    for document in parsed.documents:
        try:
            read.append(parsed.read(document, None).id)
        except Unreadable:
            read.append("")
    assert read == [EXAMPLES["place.changed"]["id"], "", EXAMPLES["place.changed"]["id"]]


@pytest.mark.parametrize("depth", [240, 260, 1000, 5000])
@pytest.mark.parametrize("core", ["1", r'"\u0000"'])
def test_an_event_nested_too_deeply_to_be_written_again_is_unreadable(depth: int, core: str) -> None:
    body = dump_event(EXAMPLES["place.changed"])[:-1] + b',"x":' + b"[" * depth + core.encode() + b"]" * depth
    try:
        (event,) = read_message(body + b"}", ONE)
    except Unreadable:
        assert depth > 250 or core != "1"
    else:
        assert depth < 250 and orjson.dumps(event.raw)


def test_one_bad_event_makes_a_packed_message_unreadable_as_a_whole() -> None:
    good = dump_event(EXAMPLES["place.changed"])
    with pytest.raises(Unreadable):
        read_message(b"[" + good + b",{}]", BATCH)


@pytest.mark.parametrize("content_type", [ONE, ONE.upper(), f"{ONE}; charset=utf-8", f" {ONE} "])
def test_content_types_are_compared_as_rfc_9110_says(content_type: str) -> None:
    assert len(read_message(dump_event(EXAMPLES["place.changed"]), content_type)) == 1


@pytest.mark.parametrize(
    "time", ["2022-10-01T06:15:00+08:00", "2022-09-30T22:15:00Z", "2022-09-30T22:15:00.123456Z"]
)
def test_times_are_read_with_their_zone(time: str) -> None:
    (event,) = read_message(orjson.dumps({**EXAMPLES["place.changed"], "time": time}), ONE)
    assert event.time.astimezone(UTC).replace(microsecond=0) == datetime(2022, 9, 30, 22, 15, tzinfo=UTC)


def test_an_event_without_a_correlation_id_is_the_beginning_of_its_own_story() -> None:
    (event,) = read_message(dump_event(EXAMPLES["arrival.reported"]), ONE)
    assert event.correlationid == event.id


@given(TEXT.filter(lambda text: text and "\0" not in text), st.integers(0, 2**31 - 1), SOUND)
def test_a_written_event_is_read_the_same(id: str, version: int, inner: Any) -> None:
    written = event_document(
        id=id,
        source="/test",
        type="place.changed",
        data={"inner": inner},
        time=datetime(2022, 10, 1, 6, 15, tzinfo=UTC),
        aggregateversion=version,
    )
    (event,) = read_message(dump_event(written), ONE)
    assert (event.id, event.version) == (id, version)
    assert event.data == {"inner": orjson.loads(orjson.dumps(inner))}
    assert event.time == datetime(2022, 10, 1, 6, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "schema",
    ["urn:doorstep:place.changed:2", "urn:doorstep:place.changed", "place.json", "v2", ":" + "9" * 5000],
)
def test_an_unknown_major_version_is_unreadable(schema: str) -> None:
    (event,) = read_message(dump_event({**EXAMPLES["place.changed"], "dataschema": schema}), ONE)
    with pytest.raises(Unreadable, match=r"unknown version of place\.changed"):
        read_data(event)


def test_an_unknown_type_is_unreadable() -> None:
    (event,) = read_message(dump_event({**EXAMPLES["place.changed"], "type": "place.exploded"}), ONE)
    with pytest.raises(Unreadable, match="unknown event type"):
        read_data(event)

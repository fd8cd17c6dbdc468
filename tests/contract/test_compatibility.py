"""Old readers understand new events, new readers old ones; and the check that guards it works."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.compatibility import breaks
from contracts.documents import SCHEMAS
from contracts.envelope import ONE, dump_event, read_message
from contracts.examples import EXAMPLES
from contracts.json_schema import data_schema
from contracts.registry import EVENT_TYPES, read_data

TYPES = sorted(EVENT_TYPES)
Schema = dict[str, Any]


def baseline(name: str) -> Schema:
    document: Schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    return document


def grown(value: Any) -> Any:
    """The same with fields nobody knows yet, at every level."""
    if isinstance(value, dict):
        return {**{k: grown(v) for k, v in value.items()}, "from_the_future": {"x": [1]}, "也是": None}
    return [grown(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", TYPES)
def test_an_old_reader_takes_new_events_with_fields_it_does_not_know(name: str) -> None:
    jsonschema.Draft202012Validator(baseline(name)).validate(grown(EXAMPLES[name]["data"]))


@pytest.mark.parametrize("name", TYPES)
def test_unknown_fields_are_ignored_at_every_level_of_data_and_envelope(name: str) -> None:
    event = {**EXAMPLES[name], "data": grown(EXAMPLES[name]["data"]), "futureextension": "x"}
    (read,) = read_message(dump_event(event), ONE)
    (plain,) = read_message(dump_event(EXAMPLES[name]), ONE)
    read, plain = read_data(read), read_data(plain)
    assert read.problems == ()
    # Documents inside an event (a policy, an official list, what a command led to, a corrected report) are
    # handed on as they are.
    documents = {"official", "document", "result", *(("data",) if name == "report.corrected" else ())}
    assert {k: v for k, v in read.data.items() if k not in documents} == {
        k: v for k, v in plain.data.items() if k not in documents
    }


@pytest.mark.parametrize("name", TYPES)
def test_a_new_reader_takes_old_events_that_have_only_what_was_required(name: str) -> None:
    old = only_required(EXAMPLES[name]["data"], baseline(name), baseline(name))
    (event,) = read_message(dump_event({**EXAMPLES[name], "data": old}), ONE)
    assert read_data(event).problems == ()


@pytest.mark.parametrize("version", ["1", "1.7", "v1", "1.0.3"])
def test_minor_versions_of_a_known_major_version_are_read(version: str) -> None:
    (event,) = read_message(
        dump_event({**EXAMPLES["place.changed"], "dataschema": f"urn:doorstep:place.changed:{version}"}), ONE
    )
    assert read_data(event).problems == ()


# -- the check itself ----------------------------------------------------------------------------------------

SAMPLE: Schema = {
    "$id": "urn:doorstep:sample:1",
    "title": "sample",
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": ["a", "b"]},
        "text": {"type": ["string", "null"], "maxLength": 50},
        "count": {"type": "integer"},
        "day": {"type": "string", "format": "date"},
        "part": {"anyOf": [{"$ref": "#/$defs/Part"}, {"type": "null"}]},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}, "maxItems": 30},
        "secret": {"type": "string", "x-sealed": True},
    },
    "required": ["kind", "count", "parts", "secret"],
    "$defs": {"Part": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}},
}

NEW_READER, OLD_READER = "a new reader of old events", "an old reader of new events"


def _remove(s: Schema) -> None:
    del s["properties"]["text"]


def _rename(s: Schema) -> None:
    s["properties"]["number"] = s["properties"].pop("count")
    s["required"] = ["kind", "parts", "secret"]


def _remove_nested(s: Schema) -> None:
    s["$defs"]["Part"] = {"type": "object", "properties": {}, "required": []}


def _require(s: Schema) -> None:
    s["required"].append("day")


def _require_new(s: Schema) -> None:
    s["properties"]["new"] = {"type": "string"}
    s["required"].append("new")


def _require_nested_new(s: Schema) -> None:
    s["$defs"]["Part"]["properties"]["new"] = {"type": "string"}
    s["$defs"]["Part"]["required"].append("new")


def _narrow_enum(s: Schema) -> None:
    s["properties"]["kind"]["enum"] = ["a"]


def _wider_enum(s: Schema) -> None:
    s["properties"]["kind"]["enum"].append("c")


def _enum_from_text(s: Schema) -> None:
    s["properties"]["text"]["enum"] = ["x"]


def _change_type(s: Schema) -> None:
    s["properties"]["count"]["type"] = "string"


def _format(s: Schema) -> None:
    s["properties"]["day"]["format"] = "date-time"


def _shorter(s: Schema) -> None:
    s["properties"]["text"]["maxLength"] = 40


def _longer(s: Schema) -> None:
    s["properties"]["text"]["maxLength"] = 60


def _new_minimum(s: Schema) -> None:
    s["properties"]["text"]["minLength"] = 1


def _fewer(s: Schema) -> None:
    s["properties"]["parts"]["maxItems"] = 3


def _not_null(s: Schema) -> None:
    s["properties"]["text"]["type"] = "string"


def _null(s: Schema) -> None:
    s["properties"]["count"]["type"] = ["integer", "null"]


def _part_not_null(s: Schema) -> None:
    s["properties"]["part"] = {"$ref": "#/$defs/Part"}


def _optional(s: Schema) -> None:
    s["required"].remove("kind")


def _unsealed(s: Schema) -> None:
    del s["properties"]["secret"]["x-sealed"]


@pytest.mark.parametrize(
    ("change", "where", "who"),
    [
        (_remove, "sample.text", NEW_READER),
        (_rename, "sample.count", OLD_READER),
        (_remove_nested, "sample.parts[].name", OLD_READER),
        (_require, "sample.day", NEW_READER),
        (_require_new, "sample.new", NEW_READER),
        (_require_nested_new, "sample.parts[].new", NEW_READER),
        (_narrow_enum, "sample.kind", NEW_READER),
        (_wider_enum, "sample.kind", OLD_READER),
        (_enum_from_text, "sample.text", NEW_READER),
        (_change_type, "sample.count", NEW_READER),
        (_format, "sample.day", NEW_READER),
        (_shorter, "sample.text", NEW_READER),
        (_longer, "sample.text", OLD_READER),
        (_new_minimum, "sample.text", NEW_READER),
        (_fewer, "sample.parts", NEW_READER),
        (_not_null, "sample.text", NEW_READER),
        (_null, "sample.count", OLD_READER),
        (_part_not_null, "sample.part", NEW_READER),
        (_optional, "sample.kind", OLD_READER),
        (_unsealed, "sample.secret", OLD_READER),
    ],
)
def test_a_change_that_breaks_somebody_is_found_and_named(
    change: Callable[[Schema], None], where: str, who: str
) -> None:
    new = copy.deepcopy(SAMPLE)
    change(new)
    found = [str(one) for one in breaks(SAMPLE, new)]
    assert any(line.startswith(f"{where}: ") and who in line for line in found), found


def _add(s: Schema) -> None:
    s["properties"]["new"] = {"type": ["string", "null"], "maxLength": 5}


def _add_nested(s: Schema) -> None:
    s["$defs"]["Part"]["properties"]["new"] = {"type": ["integer", "null"]}


def _describe(s: Schema) -> None:
    s["properties"]["kind"]["description"] = "told better"


def _new_major(s: Schema) -> None:
    s["$id"] = "urn:doorstep:sample:2"
    s["properties"].clear()


def _inline(s: Schema) -> None:
    s["properties"]["parts"]["items"] = s["$defs"]["Part"]


@pytest.mark.parametrize("change", [_add, _add_nested, _describe, _new_major, _inline])
def test_a_contract_may_grow(change: Callable[[Schema], None]) -> None:
    new = copy.deepcopy(SAMPLE)
    change(new)
    assert breaks(SAMPLE, new) == []


@given(st.sampled_from(TYPES), st.data())
def test_no_field_of_any_contract_can_be_removed_unnoticed(name: str, data: st.DataObject) -> None:
    old = data_schema(EVENT_TYPES[name])
    new = copy.deepcopy(old)
    holder = data.draw(st.sampled_from([new, *new.get("$defs", {}).values()]))
    field = data.draw(st.sampled_from(sorted(holder["properties"])))
    del holder["properties"][field]
    assert any(f".{field}: was removed" in str(one) for one in breaks(old, new))


# -- all reasons at once ------------------------------------------------------


def test_a_report_with_several_wrong_fields_gives_all_problems_with_their_paths() -> None:
    data = copy.deepcopy(EXAMPLES["arrival.reported"]["data"])
    data["source_kind"] = "rumour"
    data["person"]["birth_date"] = "yesterday"
    data["companions"] = [{"name": "x" * 101}, {"sex": "?"}]
    data["stops"] = [{"from": "2022-09-20", "to": "2022-10-01"}, {"from": "2022-13-01"}]
    data["arrival"] = {"at": "2022-10-01T06:12:00"}
    del data["destination"]
    (event,) = read_message(dump_event({**EXAMPLES["arrival.reported"], "data": data}), ONE)
    read = read_data(event)
    assert sorted(problem.where for problem in read.problems) == [
        "arrival.at",
        "companions[0].name",
        "companions[1].sex",
        "destination",
        "person.birth_date",
        "source_kind",
        "stops[1].from",
        "stops[1].to",
    ]
    assert read.data == data, "where there are problems, data is as it came"


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)  # a NUL is no event at all
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(TYPES), st.data())
def test_a_problem_never_quotes_the_value_it_is_about(name: str, data: st.DataObject) -> None:
    secret = "安小满13800138000"
    example = EXAMPLES[name]["data"]
    field = data.draw(st.sampled_from(sorted(example)))
    wrong = data.draw(st.sampled_from([secret, [secret], {"name": secret}, {secret: 1}, 5]) | JSON)
    (event,) = read_message(dump_event({**EXAMPLES[name], "data": {**example, field: wrong}}), ONE)
    for problem in read_data(event).problems:
        assert secret not in problem.message and secret not in problem.where
        assert len(problem.where) <= 100 and len(problem.message) <= 500, "fits report.rejected"


def only_required(value: Any, schema: Schema, root: Schema) -> Any:
    """The data that the smallest writer of this schema sends."""
    if "anyOf" in schema:
        schema = schema["anyOf"][0]
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    if isinstance(value, list):
        return [only_required(item, schema["items"], root) for item in value]
    if isinstance(value, dict) and "properties" in schema:
        return {
            name: only_required(inner, schema["properties"][name], root)
            for name, inner in value.items()
            if name in schema["required"]
        }
    return value

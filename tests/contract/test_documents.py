"""The committed documents are those that the code makes, and agree with the code."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from chassis.doors.pages import read_wanted
from chassis.sealing import Sealer
from contracts.compatibility import Break
from contracts.documents import SCHEMAS, breaking, run, stale
from contracts.envelope import BATCH, ONE, dump_event, read_message
from contracts.examples import EXAMPLES
from contracts.json_schema import data_schema, envelope_schema
from contracts.registry import EVENT_TYPES, OUTSIDERS, PEOPLE, read_data
from operations.documents.made import handling_services, listeners, made
from operations.services import all_doors

TYPES = sorted(EVENT_TYPES)


def test_the_committed_documents_are_what_the_code_makes() -> None:
    assert [str(file) for file in stale(made())] == [], "run `make docs` and commit what it wrote"


def test_there_is_no_schema_of_a_type_that_is_gone() -> None:
    assert {file.stem for file in SCHEMAS.glob("*.json")} == {*EVENT_TYPES, "envelope"}


def test_the_contracts_of_the_code_break_nobody_who_knows_the_committed_ones() -> None:
    assert [str(found) for found in breaking()] == []


def test_a_breaking_change_is_not_written_and_the_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Break("case.opened.days", "was removed", old_reader=True)
    monkeypatch.setattr("contracts.documents.breaking", lambda: [one])
    monkeypatch.setattr("contracts.documents.write", lambda made: pytest.fail("written"))
    lines = list(run({}, check=False))
    assert "case.opened.days: was removed (breaks an old reader of new events)" in lines
    assert any("--readers-first" in line for line in lines)


def test_every_schema_is_valid_json_schema() -> None:
    for document in [envelope_schema(), *(data_schema(kind) for kind in EVENT_TYPES.values())]:
        jsonschema.Draft202012Validator.check_schema(document)


@pytest.mark.parametrize("name", TYPES)
def test_every_example_is_read_without_problems_alone_and_packed(name: str) -> None:
    body = dump_event(EXAMPLES[name])
    (alone,) = read_message(body, ONE)
    (packed,) = read_message(b"[" + body + b"]", BATCH)
    for event in (alone, packed):
        assert read_data(event).problems == ()


@pytest.mark.parametrize("name", TYPES)
def test_every_example_fits_the_json_schema_of_its_type(name: str) -> None:
    validated(EXAMPLES[name], envelope_schema())
    validated(EXAMPLES[name]["data"], data_schema(EVENT_TYPES[name]))


@pytest.mark.parametrize("name", TYPES)
def test_an_example_names_every_field_of_its_type(name: str) -> None:
    """So that the reference page shows them all, and compatibility is tried on all."""
    schema = data_schema(EVENT_TYPES[name])
    assert set(EXAMPLES[name]["data"]) == set(schema["properties"])


@pytest.mark.parametrize("name", TYPES)
def test_json_schema_and_code_refuse_the_same_wrong_fields(name: str) -> None:
    """Each required field left out, each field of the top level null or of a type it is not."""
    schema = data_schema(EVENT_TYPES[name])
    validator = jsonschema.Draft202012Validator(schema)
    for field in schema["properties"]:
        for wrong in (None, 5.5, ["x" * 30_000]):
            data = {**EXAMPLES[name]["data"], field: wrong}
            by_schema = {str(error.absolute_path[0]) for error in validator.iter_errors(data)}
            assert bool(by_schema) == bool(problems(name, data)), f"{field} = {str(wrong)[:20]}"
        data = {k: v for k, v in EXAMPLES[name]["data"].items() if k != field}
        assert bool(problems(name, data)) == (field in schema["required"]), f"without {field}"


def test_personal_fields_of_our_own_events_are_marked_sealed() -> None:
    """Names and phones travel in the clear only in what comes from outside."""
    for name, kind in EVENT_TYPES.items():
        if kind.said_by in (OUTSIDERS, PEOPLE):
            continue
        for where, field in every_field(data_schema(kind)):
            if where.rpartition(".")[2] in ("person", "contact"):
                assert field.get("x-sealed"), f"{name}: {where}"
            # A place has a name as well.
            assert where.rpartition(".")[2] not in ("phone", "identity_number", "birth_date"), where


def test_the_asyncapi_document_has_every_event_every_handler_and_no_loose_reference() -> None:
    document = json.loads((SCHEMAS.parent / "asyncapi.json").read_text())
    assert set(document["components"]["messages"]) == set(EVENT_TYPES)
    for service in handling_services():
        for handler in service.handlers:
            operation = document["operations"][handler.queue(service.name)]
            assert operation["action"] == "receive"
            bound = document["channels"][handler.queue(service.name)]["x-bound-to"]
            assert {"exchange": "doorstep.back", "routingKey": handler.queue(service.name)} in bound
    for reference in references(document):
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def test_the_openapi_document_has_every_act_of_every_door_and_no_loose_reference() -> None:
    document = json.loads((SCHEMAS.parent / "openapi.json").read_text())
    operations = {one["operationId"] for path in document["paths"].values() for one in path.values()}
    acts = {f"{door.service}.{act}" for door in all_doors() for act in door.acts()}
    assert acts <= operations
    assert {"handInEvents", "handInArrivals"} <= operations
    for reference in references(document):
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def test_the_openapi_document_asks_lists_only_what_the_doors_understand() -> None:
    document = json.loads((SCHEMAS.parent / "openapi.json").read_text())
    operations = {one["operationId"]: one for path in document["paths"].values() for one in path.values()}
    sealer = Sealer({"k": b"s" * 32})
    for door in all_doors():
        for query in door.lists:
            asked = {one["name"] for one in operations[f"{door.service}.{query.name}"]["parameters"]}
            assert asked >= {"sort", "after", "count", *query.filters, *query.conditions}
            of_list = dict.fromkeys(asked - {"sort", "after", "count"}, "x")
            read_wanted(query, of_list | {"count": "few"}, sealer)  # refuses what it knows not


def test_every_inbound_event_stands_in_the_openapi_document() -> None:
    document = json.loads((SCHEMAS.parent / "openapi.json").read_text())
    inbound = {name for name, kind in EVENT_TYPES.items() if kind.said_by in (OUTSIDERS, PEOPLE)}
    commands = {command.event for door in all_doors() for command in door.commands}
    outside = {name for name, kind in EVENT_TYPES.items() if kind.said_by == OUTSIDERS}
    assert inbound - outside <= commands, "what people say is a command of some door"
    assert outside | commands <= set(document["components"]["schemas"])


def test_an_event_without_a_listener_is_declared_so() -> None:
    heard = listeners(handling_services())
    assert {name for name, queues in heard.items() if not queues} == {
        name for name, kind in EVENT_TYPES.items() if not kind.subscribed
    }


def validated(document: Any, schema: dict[str, Any]) -> None:
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(schema, format_checker=checker).validate(document)


def problems(name: str, data: dict[str, Any]) -> list[str]:
    (event,) = read_message(dump_event({**EXAMPLES[name], "data": data}), ONE)
    return [problem.where for problem in read_data(event).problems]


def every_field(schema: Any, path: str = "") -> Any:
    """(path, schema) of every property anywhere in the document."""
    if isinstance(schema, dict):
        for name, inner in schema.get("properties", {}).items():
            yield f"{path}.{name}", inner
        for key, inner in schema.items():
            if key == "$defs":
                for name, part in inner.items():
                    yield from every_field(part, f"{path}<{name}>")
            elif key != "properties":
                yield from every_field(inner, path)


def references(document: Any) -> Any:
    if isinstance(document, dict):
        for key, value in document.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(document, list):
        for item in document:
            yield from references(item)

"""The OpenAPI document: what other systems hand in by HTTP, and all that doors take and show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any

from chassis.commands.command import Command
from chassis.doors.declared import Column, Door, ListQuery, Lookup, ThingQuery
from chassis.doors.roles import roles
from contracts.faults import KINDS
from contracts.json_schema import data_schema, envelope_schema
from contracts.registry import EVENT_TYPES, INBOUND_TYPES
from operations.documents.components import components

Document = dict[str, Any]

_STATUS = {"unknown": "404", "not_allowed": "403", "invalid": "422", "conflict": "409"}
_KINDS: dict[str, Document] = {
    "moment": {"type": "string", "format": "date-time"},
    "day": {"type": "string", "format": "date"},
}
_MASKED = "masked, unless it is revealed for a reason"


def openapi(doors: Sequence[Door]) -> Document:
    paths: Document = dict(_of_the_console())
    for door in doors:
        paths |= dict(_of_a_door(door))
    said = {command.event for door in doors for command in door.commands}
    said |= set(INBOUND_TYPES)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Doorstep",
            "version": version("doorstep"),
            "description": (
                "`/api/v1` is what other systems reach from outside, with an API key. What stands below the"
                " name of a service is its door: on an inner network, for the console, which says by a"
                " signed token who asks. Made from the code by `make docs`."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "tags": [
            {"name": "outside", "description": "for other systems"},
            *({"name": door.service, "description": f"the door of {door.service}"} for door in doors),
        ],
        "paths": paths,
        "components": {
            "schemas": {
                **components([envelope_schema(), *(data_schema(EVENT_TYPES[name]) for name in sorted(said))]),
                "outcome": _outcome(),
                "problem": _problem(),
            },
            "responses": {
                "problem": _answer("what is wrong, all of it", "problem", "application/problem+json")
            },
            "securitySchemes": {
                "apiKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "of `doorstep publisher key NAME`",
                },
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "ES256, for one service, 60 s: see docs/doors.md",
                },
            },
        },
    }


# -- from outside -----------------------------------------------------------------------------------------


def _of_the_console() -> Iterator[tuple[str, Document]]:
    event: Document = {"$ref": "#/components/schemas/envelope"}
    report: Document = {
        "type": "object",
        "required": ["id", "data"],
        "properties": {
            "id": {"type": "string", "description": "your own, unique: the same id is the same report"},
            "time": {"type": "string", "format": "date-time"},
            "data": {"$ref": "#/components/schemas/arrival.reported"},
        },
    }
    yield (
        "/api/v1/events",
        _handing_in("handInEvents", f"Hand in events: {', '.join(sorted(INBOUND_TYPES))}", event),
    )
    yield (
        "/api/v1/arrivals",
        _handing_in("handInArrivals", "Report arrivals, with or without an envelope", report),
    )


def _handing_in(operation: str, summary: str, one: Document) -> Document:
    several: Document = {"type": "array", "items": one, "minItems": 1, "maxItems": 1000}
    outcomes: Document = {
        "type": "object",
        "required": ["outcomes"],
        "properties": {"outcomes": {"type": "array", "items": {"$ref": "#/components/schemas/outcome"}}},
    }
    answer: Document = {"anyOf": [{"$ref": "#/components/schemas/outcome"}, outcomes]}
    return {
        "post": {
            "operationId": operation,
            "tags": ["outside"],
            "summary": summary,
            "description": "One, or a list of up to 1,000. The same event again is taken once.",
            "security": [{"apiKey": []}],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"anyOf": [one, several]}}},
            },
            "responses": {
                "200": _answer("what became of each, in their order", answer),
                **_problems("400", "401", "413", "415", "422", "429", "503"),
            },
        }
    }


def _outcome() -> Document:
    words = ["accepted", "rejected", "done", *KINDS, "repeated", "kept", "not_taken"]
    return {
        "type": "object",
        "required": ["outcome"],
        "properties": {
            "id": {"type": ["string", "null"]},
            "outcome": {
                "enum": words,
                "description": "repeated: it came before; kept: it will be handled; not_taken: send it again",
            },
            "result": {"type": "object"},
            "reasons": {"type": "array", "items": {"type": "object"}},
        },
    }


# -- doors ------------------------------------------------------------------------------------------------


def _of_a_door(door: Door) -> Iterator[tuple[str, Document]]:
    for command in door.commands:
        yield f"/{door.service}/commands/{command.name}", {"post": _command(door, command)}
    for query in door.lists:
        yield f"/{door.service}/lists/{query.name}", {"get": _list(door, query)}
    for thing in door.things:
        yield f"/{door.service}/{thing.name}/{{id}}", {"get": _thing(door, thing)}
        yield f"/{door.service}/{thing.name}/{{id}}/reveal", {"post": _reveal(door, thing)}
    for lookup in door.lookups:
        yield f"/{door.service}/lookups/{lookup.name}", {"post": _lookup(door, lookup)}


def _operation(door: Door, act: str, name: str, summary: str) -> Document:
    may = sorted(roles().acts[door.service][act])
    return {
        "operationId": f"{door.service}.{name}",
        "tags": [door.service],
        "summary": summary,
        "security": [{"token": []}],
        "x-roles": may,
    }


def _command(door: Door, command: Command) -> Document:
    about = data_schema(EVENT_TYPES[command.event]).get("description", command.event)
    return {
        **_operation(door, command.name, command.name, about.partition("\n")[0]),
        "description": f"The data of the event {command.event}.",
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": True,
                "description": "the same when it is said again",
                "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{8,100}$"},
            }
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{command.event}"}}},
        },
        "responses": {
            "200": _answer("it is done", {"$ref": "#/components/schemas/outcome"}),
            **_problems("400", "401", *sorted(_STATUS.values()), "413", "429", "503"),
        },
    }


def _list(door: Door, query: ListQuery) -> Document:
    asked = [
        _asked("after", "the page after this cursor; a page has 50 rows"),
        _asked("sort", "the order", {"enum": [sort.name for sort in query.sorts]}),
        _asked("count", "how far the first page counts: 10,000 rows or 1,000", {"enum": ["all", "few"]}),
        *(_asked(name, "only rows with this value") for name in (*query.filters, *query.conditions)),
        *([_asked("place", "only rows at this place and below")] if query.places else []),
    ]
    page: Document = {
        "type": "object",
        "properties": {
            "list": {"const": query.name},
            "as_of": {"type": "string", "format": "date-time"},
            "rows": {"type": "array", "items": _row(query.columns)},
            "next": {"type": ["string", "null"], "description": "the cursor of the next page"},
            "figures": {"type": "object", "description": query.definition},
        },
    }
    return {
        **_operation(door, query.name, query.name, query.definition),
        "parameters": asked,
        "responses": {"200": _answer("a page", page), **_problems("401", "403", "404", "422", "429", "503")},
    }


def _thing(door: Door, thing: ThingQuery) -> Document:
    return {
        **_operation(door, thing.name, thing.name, f"One {thing.name}"),
        "parameters": [_id()],
        "responses": {
            "200": _answer("it, personal fields masked", _row(thing.columns)),
            **_problems("401", "403", "404", "429", "503"),
        },
    }


def _reveal(door: Door, thing: ThingQuery) -> Document:
    reason: Document = {
        "type": "object",
        "required": ["reason"],
        "properties": {"reason": {"type": "string", "minLength": 3, "maxLength": 500}},
    }
    return {
        **_operation(door, thing.name, f"{thing.name}.reveal", f"One {thing.name} in full, for a reason"),
        "parameters": [_id()],
        "requestBody": {"required": True, "content": {"application/json": {"schema": reason}}},
        "responses": {
            "200": _answer("it, in full; the view is noted", _row(thing.columns)),
            **_problems("400", "401", "403", "404", "422", "429", "503"),
        },
    }


def _lookup(door: Door, lookup: Lookup) -> Document:
    return {
        **_operation(door, lookup.name, lookup.name, f"Find a {lookup.name}"),
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
        "responses": {
            "200": _answer("what was found", {"type": "object"}),
            **_problems("400", "401", "403", "404", "422", "429", "503"),
        },
    }


def _row(columns: Sequence[Column]) -> Document:
    def kind(column: Column) -> Document:
        own = dict(_KINDS.get(column.kind, {}))
        return {**own, "description": _MASKED} if column.personal else own

    return {"type": "object", "properties": {column.name: kind(column) for column in columns}}


def _asked(name: str, about: str, schema: Document | None = None) -> Document:
    return {"name": name, "in": "query", "description": about, "schema": schema or {"type": "string"}}


def _id() -> Document:
    return {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def _answer(about: str, schema: Document | str, kind: str = "application/json") -> Document:
    inside = {"$ref": f"#/components/schemas/{schema}"} if isinstance(schema, str) else schema
    return {"description": about, "content": {kind: {"schema": inside}}}


def _problems(*statuses: str) -> Document:
    return {status: {"$ref": "#/components/responses/problem"} for status in statuses}


def _problem() -> Document:
    fault: Document = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in ("field", "code", "message")},
    }
    return {
        "description": "RFC 9457",
        "type": "object",
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "faults": {"type": "array", "items": fault},
            "correlation_id": {"type": "string"},
        },
    }

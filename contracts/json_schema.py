"""JSON Schema (2020-12) made from the marshmallow schemas.

Our own converter, because contracts use nine kinds of field: apispec writes OpenAPI components instead of
documents that stand alone, marshmallow-jsonschema does not run with marshmallow 4.
A kind of field that is new to it is an error, never left out.
"""

from __future__ import annotations

from inspect import cleandoc
from typing import Any

from marshmallow import Schema, fields, missing, validate

from contracts.registry import EVENT_TYPES, EventType

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Document = dict[str, Any]


def schema_id(kind: EventType) -> str:
    """Return the value of an event's `dataschema`."""
    return f"urn:doorstep:{kind.name}:{kind.major}"


def data_schema(kind: EventType) -> Document:
    """Return the schema of the `data` of this type of event. Unknown fields are allowed everywhere."""
    parts: dict[str, Document] = {}
    document = {
        "$schema": DIALECT,
        "$id": schema_id(kind),
        "title": kind.name,
        **_object(kind.schema, parts),
    }
    if parts:
        document["$defs"] = dict(sorted(parts.items()))
    return document


def envelope_schema() -> Document:
    """CloudEvents 1.0 with our extensions, without what depends on the type."""
    text: Document = {"type": "string", "minLength": 1, "maxLength": 200}
    return {
        "$schema": DIALECT,
        "$id": "urn:doorstep:envelope:1",
        "title": "envelope",
        "description": "CloudEvents 1.0 in structured JSON, with the extensions of Doorstep.",
        "type": "object",
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {
                **text,
                "description": "unique together with source: the same pair is the same event; no number of "
                "a person",
            },
            "source": {**text, "description": "who says it, as in /doorstep/isolation"},
            "type": {"enum": sorted(EVENT_TYPES)},
            "time": {"type": "string", "format": "date-time", "description": "with a zone"},
            "subject": {"type": "string", "description": "id of the aggregate"},
            "datacontenttype": {"type": "string", "description": "application/json"},
            "dataschema": {
                "type": "string",
                "description": "ends with the major version; an unknown one is refused",
            },
            "aggregateversion": {
                "type": "integer",
                "description": "of the aggregate; readers that keep copies drop what is older",
            },
            "correlationid": {
                "type": "string",
                "maxLength": 200,
                "description": "id of the first report that set it all off",
            },
            "traceparent": {"type": "string", "description": "W3C trace context"},
            "data": {"type": "object", "description": "see the schema of the type"},
        },
        "required": ["specversion", "id", "source", "type", "time", "data"],
    }


def _object(schema: type[Schema], parts: dict[str, Document]) -> Document:
    known = schema().fields
    document: Document = {"type": "object"}
    about = cleandoc(schema.__doc__ or "")
    # A Contract without a docstring of its own inherits none worth showing.
    if about and "__doc__" in vars(schema) and schema.__doc__:
        document["description"] = about
    document["properties"] = {field.data_key or name: _field(field, parts) for name, field in known.items()}
    document["required"] = [field.data_key or name for name, field in known.items() if field.required]
    return document


def _field(field: fields.Field[Any], parts: dict[str, Document]) -> Document:
    found = _kind(field, parts)
    for validator in field.validators:
        _limit(found, validator)
    if field.allow_none:
        found = _or_null(found)
    metadata = dict(field.metadata)
    if metadata.get("description"):
        found["description"] = metadata["description"]
    if metadata.get("sealed"):
        found["x-sealed"] = True
    default = field.load_default
    if default is not missing and default is not None:
        found["default"] = default() if callable(default) else default
    return found


def _kind(field: fields.Field[Any], parts: dict[str, Document]) -> Document:
    match field:
        case fields.AwareDateTime():
            return {"type": "string", "format": "date-time"}
        case fields.Date():
            return {"type": "string", "format": "date"}
        case fields.Boolean():
            return {"type": "boolean"}
        case fields.Integer():
            return {"type": "integer"}
        case fields.Float():
            return {"type": "number"}
        case fields.List():
            return {"type": "array", "items": _field(field.inner, parts)}
        case fields.Nested():
            inner = type(field.schema)
            if inner.__name__ not in parts:
                parts[inner.__name__] = {}
                parts[inner.__name__] = _object(inner, parts)
            return {"$ref": f"#/$defs/{inner.__name__}"}
        case fields.Dict():
            return {"type": "object"}
        case fields.String():
            return {"type": "string"}
    raise TypeError(f"contracts.json_schema does not know {type(field).__name__}: teach it")


def _limit(found: Document, validator: Any) -> None:
    match validator:
        case validate.OneOf():
            found["enum"] = list(validator.choices)
        case validate.Length():
            what = "Items" if found["type"] == "array" else "Length"
            for name, limit in (("min", validator.min), ("max", validator.max)):
                if limit is not None:
                    found[f"{name}{what}"] = limit
        case validate.Range():
            found |= {"minimum": validator.min, "maximum": validator.max}
        case _:
            raise TypeError(f"contracts.json_schema does not know {type(validator).__name__}: teach it")


def _or_null(found: Document) -> Document:
    if "$ref" in found:
        return {"anyOf": [found, {"type": "null"}]}
    found["type"] = [found["type"], "null"]
    if "enum" in found:
        found["enum"] = [*found["enum"], None]
    return found

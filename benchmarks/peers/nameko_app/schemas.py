"""The shape of an arrival event: the fields Doorstep checks, without its rules on their content."""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema, fields, validate

SOURCE_KINDS = (
    "transport",
    "police",
    "self",
    "employer",
    "school",
    "lodging",
    "grid",
    "gate",
    "resident_hint",
    "import",
)
IDENTITY_TYPES = (
    "resident_id",
    "passport",
    "hk_macau_permit",
    "taiwan_permit",
    "foreign_permanent_resident",
    "other",
)


class Lenient(Schema):
    class Meta:
        unknown = EXCLUDE


class Person(Lenient):
    name = fields.String(required=True, validate=validate.Length(min=1, max=80))
    identity_type = fields.String(allow_none=True, load_default=None, validate=validate.OneOf(IDENTITY_TYPES))
    identity_number = fields.String(allow_none=True, load_default=None, validate=validate.Length(max=40))
    phone = fields.String(allow_none=True, load_default=None, validate=validate.Length(max=30))
    birth_date = fields.Date(allow_none=True, load_default=None)
    sex = fields.String(allow_none=True, load_default=None, validate=validate.OneOf(("male", "female")))
    nationality = fields.String(allow_none=True, load_default=None, validate=validate.Length(equal=3))


class Stop(Lenient):
    division = fields.String(allow_none=True, load_default=None, validate=validate.Length(max=12))
    address = fields.String(allow_none=True, load_default=None)
    since = fields.Date(required=True, data_key="from")
    until = fields.Date(required=True, data_key="to")


class Transport(Lenient):
    mode = fields.String(allow_none=True, load_default=None)
    number = fields.String(allow_none=True, load_default=None)
    carriage = fields.String(allow_none=True, load_default=None)
    seat = fields.String(allow_none=True, load_default=None)


class Coming(Lenient):
    at = fields.AwareDateTime(required=True)
    expected = fields.Boolean(load_default=False)


class Destination(Lenient):
    division = fields.String(allow_none=True, load_default=None, validate=validate.Length(max=12))
    address = fields.String(allow_none=True, load_default=None)


class ArrivalReported(Lenient):
    source_kind = fields.String(required=True, validate=validate.OneOf(SOURCE_KINDS))
    reference = fields.String(allow_none=True, load_default=None)
    person = fields.Nested(Person, required=True)
    companions = fields.List(fields.Nested(Person), load_default=list)
    stops = fields.List(fields.Nested(Stop), load_default=list)
    transport = fields.Nested(Transport, allow_none=True, load_default=None)
    arrival = fields.Nested(Coming, required=True)
    destination = fields.Nested(Destination, required=True)
    remarks = fields.String(allow_none=True, load_default=None)
    language = fields.String(load_default="zh-CN", validate=validate.OneOf(("zh-CN", "en")))


# Made once: a schema costs more to make than to use.
arrival_reported = ArrivalReported()

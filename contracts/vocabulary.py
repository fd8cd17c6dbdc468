"""The kinds of field that contracts are made of. The words themselves are in field.words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, missing, validate

from field.moments import read_moment
from field.words import COLDEST, HOTTEST


class Contract(Schema):
    """Contracts only grow: an older reader passes over what it does not know, nested ones too."""

    class Meta:
        unknown = EXCLUDE


def text(most: int = 200, *, required: bool = False, about: str = "") -> fields.String:
    """Text; may be null or left out unless it is required."""
    length = validate.Length(min=1 if required else None, max=most)
    return fields.String(validate=length, **_presence(required, about))


def one_of(words: tuple[str, ...], *, required: bool = False, about: str = "") -> fields.String:
    return fields.String(validate=validate.OneOf(words), **_presence(required, about))


def sealed(*, required: bool = True, about: str = "") -> fields.String:
    """A token of chassis.sealing; `about` says which JSON object is inside."""
    options = _presence(required, about)
    options["metadata"] = {**options["metadata"], "sealed": True}
    return fields.String(validate=validate.Length(max=20_000), **options)


def whole(*, required: bool = True, about: str = "") -> fields.Integer:
    return fields.Integer(strict=True, **_presence(required, about))


class Celsius(fields.Float):
    """A temperature of a body, in °C with one decimal. 365 is not taken for 36.5: nobody guesses here."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> float:
        number = None if isinstance(value, bool) or not isinstance(value, int | float) else float(value)
        if number is None or not COLDEST <= number <= HOTTEST or round(number, 1) != number:
            raise ValidationError(f"a temperature in °C from {COLDEST} to {HOTTEST}, with one decimal")
        return number


def celsius(*, required: bool = False, about: str = "") -> fields.Float:
    return Celsius(validate=validate.Range(COLDEST, HOTTEST), **_presence(required, about))


def flag(*, required: bool = True, default: bool = False, about: str = "") -> fields.Boolean:
    options = _presence(required, about)
    if not required:
        options.update(load_default=default, allow_none=False)
    return fields.Boolean(**options)


class Moment(fields.AwareDateTime):
    """marshmallow does not read all that RFC 3339 allows: small `t` and `z`, a leap second."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> datetime:
        try:
            return super()._deserialize(value, attr, data, **more)
        except ValidationError:
            try:
                moment = read_moment(value)
            except (TypeError, AttributeError, ValueError):
                moment = None
            if moment is None or moment.tzinfo is None:
                raise
            return moment


def moment(*, required: bool = True, about: str = "") -> fields.AwareDateTime:
    return Moment(format="iso", **_presence(required, about))


def happened() -> fields.AwareDateTime:
    """When that of which a command tells was."""
    return moment(required=False, about="when it happened; left out, when it was sent")


def day(*, required: bool = True, about: str = "") -> fields.Date:
    return fields.Date(format="iso", **_presence(required, about))


def part(schema: type[Schema], *, required: bool = True, about: str = "") -> fields.Nested:
    return fields.Nested(schema, **_presence(required, about))


def several(inner: fields.Field[Any] | type[Schema], *, required: bool = True, about: str = "") -> Any:
    item = inner if isinstance(inner, fields.Field) else fields.Nested(inner)
    options = _presence(required, about)
    if not required:
        options.update(load_default=list, allow_none=False)
    return fields.List(item, **options)


def of_a_household(about: str) -> fields.List[str]:
    """The cases of people of one household."""
    return fields.List(
        fields.String(validate=validate.Length(max=36)),
        required=True,
        validate=validate.Length(min=1, max=30),
        metadata={"description": f"of one household: {about}"},
    )


def document(*, required: bool = True, about: str = "") -> fields.Dict:
    return fields.Dict(keys=fields.String(), **_presence(required, about))


def _presence(required: bool, about: str) -> dict[str, Any]:
    return {
        "required": required,
        "allow_none": not required,
        "load_default": missing if required else None,
        "metadata": {"description": about} if about else {},
    }

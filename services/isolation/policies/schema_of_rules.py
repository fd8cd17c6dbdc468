"""The schema of the rules in a policy document: of a level, of a category, and of each stage of one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from itertools import pairwise
from typing import Any, ClassVar, Final

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from field.words import LEVELS, MEASURES, ROLES, TOLD_OF_CASES
from services.isolation.policies.rules import COUNTED_FROM, PLANNED_OTHERWISE, Window, rank

KIND = validate.Regexp(r"^[a-z][a-z_]{1,39}$", error="small letters and _, 2 to 40 characters")
CLOCK = validate.Regexp(r"^([01]\d|2[0-3]):[0-5]\d$", error="a time of day as in 08:00")
_CONDITIONS = ("days_full", "tests_negative", "no_fever", "nothing_open")
_TOLD_IF_NOT_SAID: Final = ("resident", "care_team")
YEAR = 366 * 24 * 60
_NEEDED = ("measure", "days", "counted_from", "care_team", "opening")


class Strict(Schema):
    """A misspelt key in a policy is an error: silently ignored, it would loosen a rule."""

    class Meta:
        unknown = RAISE


def one_role() -> fields.String:
    return fields.String(required=True, validate=validate.OneOf(ROLES))


class _Window(fields.Field[Window]):
    """`["08:00", "10:00"]`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Window:
        if not isinstance(value, list) or len(value) != 2 or not all(isinstance(v, str) for v in value):
            raise ValidationError('two times of day, as in ["08:00", "10:00"]')
        for text in value:
            CLOCK(text)
        start, end = (time.fromisoformat(text) for text in value)
        if start >= end:
            raise ValidationError("the window must end after it begins, on the same day")
        return Window(start, end)


class _Opening(Strict):
    kind = fields.String(required=True, validate=KIND)
    role = one_role()
    within_minutes = fields.Integer(required=True, strict=True, validate=validate.Range(1, YEAR))


class _Release(Strict):
    kind = fields.String(required=True, validate=KIND)
    role = one_role()
    window = _Window(required=True)


class _CheckIns(Strict):
    role = one_role()
    windows = fields.List(_Window(), required=True, validate=validate.Length(1, 12))

    @validates_schema(skip_on_field_errors=True)
    def _apart(self, data: Mapping[str, Any], **_: Any) -> None:
        windows = sorted(data["windows"], key=lambda w: w.start)
        if any(a.end > b.start for a, b in pairwise(windows)):
            raise ValidationError("windows overlap", "windows")


class _Tests(Strict):
    role = one_role()
    days = fields.List(fields.Integer(strict=True), required=True, validate=validate.Length(1, 60))
    window = _Window(required=True)
    catch_up = fields.Boolean(
        required=True,
        metadata={"description": "who comes when days of testing have passed is tested at once"},
    )
    hours_apart = fields.Integer(
        allow_none=True,
        load_default=None,
        strict=True,
        validate=validate.Range(12, 72),
        metadata={
            "description": "with catch_up: each test of a day that has passed is made up for, so many hours "
            "after the one before at the least, on days that have none (填平补齐); a day's own test keeps "
            "its window, however soon after"
        },
    )

    @validates_schema(skip_on_field_errors=True)
    def _made_up(self, data: Mapping[str, Any], **_: Any) -> None:
        if data["hours_apart"] and not data["catch_up"]:
            raise ValidationError("only with catch_up", "hours_apart")


class _Rule(Strict):
    """A measure with its days and tasks: a level's or a category's whole rule, or one stage of it."""

    measure = fields.String(validate=validate.OneOf(MEASURES))
    days = fields.Integer(strict=True, validate=validate.Range(0, 60))
    counted_from = fields.String(validate=validate.OneOf(COUNTED_FROM))
    arrival_is_day = fields.Integer(
        load_default=0,
        strict=True,
        validate=validate.OneOf((0, 1)),
        metadata={"description": "1: the day of arrival counts as day 1, as many cities count it"},
    )
    care_team = fields.List(fields.String(validate=validate.OneOf(ROLES)), validate=validate.Length(min=1))
    opening = fields.List(fields.Nested(_Opening), validate=validate.Length(min=1))
    check_ins = fields.Nested(_CheckIns, allow_none=True, load_default=None)
    tests = fields.Nested(_Tests, allow_none=True, load_default=None)
    on_release = fields.List(fields.Nested(_Release), load_default=list)
    told = fields.List(
        fields.String(validate=validate.OneOf(TOLD_OF_CASES)),
        load_default=lambda: list(_TOLD_IF_NOT_SAID),
        metadata={
            "description": "besides whoever answers for the case: who gets a message that there is one; "
            "of the team (care_team) all the others, or the grid_worker of them"
        },
    )
    release = fields.List(
        fields.String(validate=validate.OneOf(_CONDITIONS)),
        load_default=list,
        metadata={"description": "besides the days. nothing_open holds nobody: health alone may"},
    )

    @validates_schema(skip_on_field_errors=True)
    def _whole(self, data: Mapping[str, Any], **_: Any) -> None:
        if instead := self._instead(data):
            faults = {k: [f"give either {instead} or a rule of its own"] for k in _NEEDED if k in data}
        else:
            faults = {k: ["missing"] for k in _NEEDED if k not in data}
        if faults:
            raise ValidationError(faults)
        if instead:
            return
        errors: dict[str, Any] = {}
        days, first = data["days"], data["arrival_is_day"]
        if first and data["counted_from"] != "arrival":
            errors["arrival_is_day"] = ["only where days are counted from the arrival"]
        if tests := data["tests"]:
            wrong = [d for d in tests["days"] if not first <= d <= days]
            if wrong:
                errors["tests"] = {"days": [f"day {wrong[0]} is not among days {first} to {days}"]}
            elif len(set(tests["days"])) != len(tests["days"]):
                errors["tests"] = {"days": ["a day is named twice"]}
        kinds = [t["kind"] for t in (*data["opening"], *data["on_release"])]
        if len(set(kinds)) != len(kinds):
            errors["opening"] = ["a kind of task is named twice"]
        if not set(kinds).isdisjoint(PLANNED_OTHERWISE):
            errors["opening"] = [f"{', '.join(PLANNED_OTHERWISE)} are planned by rules of their own"]
        if len(set(data["care_team"])) != len(data["care_team"]):
            errors["care_team"] = ["a role is named twice"]
        if errors:
            raise ValidationError(errors)

    def _instead(self, data: Mapping[str, Any]) -> str:
        """The field that stands in place of a rule; "": none."""
        return ""


class Level(_Rule):
    counted: ClassVar[tuple[str, ...]] = ("arrival", "leaving")
    """From what the days of its rule, or of the first of its stages, may count."""

    treat_as = fields.String(validate=validate.OneOf(LEVELS))
    stages = fields.List(
        fields.Nested(_Rule),
        validate=validate.Length(2, 5),
        metadata={
            "description": "rules one after the other, each laxer than the one before, from whose last day "
            "it counts: who is held by nothing goes on to the next"
        },
    )

    def _instead(self, data: Mapping[str, Any]) -> str:
        return next((name for name in ("treat_as", "stages") if name in data), "")

    @validates_schema(skip_on_field_errors=True)
    def _in_stages(self, data: Mapping[str, Any], **_: Any) -> None:
        if "treat_as" in data and "stages" in data:
            raise ValidationError("give either treat_as or stages", "stages")
        if "counted_from" in data and data["counted_from"] not in self.counted:
            raise ValidationError(f"must be {' or '.join(self.counted)}", "counted_from")
        stages = data.get("stages", ())
        errors: dict[int, dict[str, list[str]]] = {n: {} for n in range(len(stages))}
        for number, stage in enumerate(stages):
            counted = ("previous_stage",) if number else self.counted
            if stage["counted_from"] not in counted:
                errors[number]["counted_from"] = [f"must be {' or '.join(counted)}"]
            if not stage["days"]:
                errors[number]["days"] = ["a stage lasts a day at least"]
            if number and rank(stage["measure"]) >= rank(stages[number - 1]["measure"]):
                errors[number]["measure"] = ["must order less than the stage before"]
            if stage["on_release"] and number < len(stages) - 1:
                errors[number]["on_release"] = ["only of the last stage: with the others nobody is released"]
        if found := {number: of_it for number, of_it in errors.items() if of_it}:
            raise ValidationError({"stages": found})


class CloseContact(Level):
    """Whoever lives with somebody positive: by which level's rule, or by one of their own; in both cases from
    the last day of being together.
    """

    counted: ClassVar[tuple[str, ...]] = ("last_exposure",)


class Discharged(Level):
    """Whoever was positive and comes home from hospital: from that day on. Left out: as before they went."""

    counted: ClassVar[tuple[str, ...]] = ("discharge",)


class Inbound(Level):
    """Whoever came from abroad: from the day of entry on. Left out: as whoever came from elsewhere."""

    counted: ClassVar[tuple[str, ...]] = ("entry",)

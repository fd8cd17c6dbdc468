"""The schema of a policy document: checked whole, every fault with its path in the document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import time
from itertools import pairwise
from typing import Any, ClassVar, Final

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from contracts.faults import Fault, Refused, faults_of
from field.words import (
    LEVELS,
    MEASURES,
    NEED_KINDS,
    PERMIT_KINDS,
    ROLES,
    RUNGS,
    SPECIAL_GROUPS,
    TOLD_OF_CASES,
)
from services.isolation.policies.rules import COUNTED_FROM, PLANNED_OTHERWISE, Window, rank

_KIND = validate.Regexp(r"^[a-z][a-z_]{1,39}$", error="small letters and _, 2 to 40 characters")
_SLUG = validate.Regexp(r"^[a-z0-9][a-z0-9-]{1,59}$", error="small letters, digits, -")
_CODE = validate.Regexp(r"^\d{2,12}$", error="a division code: 2 to 12 digits")
_CLOCK = validate.Regexp(r"^([01]\d|2[0-3]):[0-5]\d$", error="a time of day as in 08:00")
_CONDITIONS = ("days_full", "tests_negative", "no_fever", "nothing_open")
_TOLD_IF_NOT_SAID: Final = ("resident", "care_team")
_YEAR = 366 * 24 * 60
_NEEDED = ("measure", "days", "counted_from", "care_team", "opening")
# Of documents that leave it out, as all from before it was known do.
_SEE_ABNORMAL: Final = {"role": "health_worker", "within_minutes": 30}
_SEE_SILENT: Final = {"role": "grid_worker", "within_minutes": 120}
_SETTLE_REFUSAL: Final = {"role": "community_officer", "within_minutes": 60}
_CONFIRM_RELEASE: Final = {"role": "community_officer", "within_minutes": 120}
_PAST_THE_TERM: Final = {"role": "community_officer", "within_minutes": 120}
# Another district has a day to answer; whoever may be in nobody's hands does not wait so long.
_CONFIRM_TRANSFER: Final = {"role": "community_officer", "within_minutes": 24 * 60}
_ESCORT_TO_SITE: Final = {"role": "community_officer", "within_minutes": 6 * 60}
_CONFIRM_ADMISSION: Final = {"role": "community_officer", "within_minutes": 12 * 60}
_SETTLE_CENTRAL: Final = {"role": "community_officer", "within_minutes": 4 * 60}
_SETTLE_HOME: Final = {"role": "community_officer", "within_minutes": 4 * 60}
_NAME_CARER: Final = {"role": "community_officer", "within_minutes": 60}
_LEAVE_CENTRAL: Final = {"role": "community_officer", "within_minutes": 120}
_SETTLE_TRANSFER: Final = {"role": "community_officer", "within_minutes": 2 * 60}
_SEE_BREACH: Final = {"role": "grid_worker", "within_minutes": 30}
_SEE_POSITIVE: Final = {"role": "health_worker", "within_minutes": 30}
_DECIDE_POSITIVE: Final = {"role": "community_officer", "within_minutes": 120}
_LIST_CONTACTS: Final = {"role": "community_officer", "within_minutes": 240}
_TELL_CONTACTS: Final = {"role": "community_officer", "within_minutes": 24 * 60}
# They stay in, or look after nobody, for nothing: it does not wait as long.
_CORRECT_CONTACTS: Final = {"role": "community_officer", "within_minutes": 240}
_SECOND_SAMPLE: Final = {"role": "health_worker", "within_minutes": 240}
_CLOSE_CONTACT: Final = {"treat_as": "high"}
_UNUSUAL_BATCH: Final = {"percent": 20, "least_results": 20, "wait_minutes": 15}
_CALL_FIRST_MINUTES: Final = 120
_LATE_RESULT: Final = {"role": "community_officer", "within_minutes": 120}
_JUDGE_BREACH: Final = {"role": "community_officer", "within_minutes": 24 * 60}
_SETTLE_BREACH: Final = {"role": "community_officer", "within_minutes": 4 * 60}
# Food is there for the next meal but one; whoever despairs is called within half a day. Somebody who needs a
# doctor is called at once.
NEEDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "food": {"role": "grid_worker", "within_minutes": 8 * 60},
    "medicine": {"role": "grid_worker", "within_minutes": 12 * 60},
    "medical": {"role": "health_worker", "within_minutes": 30},
    "psychological": {"role": "health_worker", "within_minutes": 12 * 60},
    "other": {"role": "grid_worker", "within_minutes": 24 * 60},
}
"""Of the kinds of need that a document does not name."""
PERMITS: Final[Mapping[str, Mapping[str, Any]]] = {
    "emergency": {"role": "community_officer", "within_minutes": 12 * 60},
    "treatment": {"role": "community_officer", "within_minutes": 4 * 60},
    "maternity": {"role": "community_officer", "within_minutes": 4 * 60},
    "bereavement": {"role": "community_officer", "within_minutes": 2 * 60},
    "other": {"role": "community_officer", "within_minutes": 12 * 60},
}
"""Of the kinds of permit that a document does not name: who decides, or of an emergency reviews it after."""
_LONGEST_TERM = 3 * 24 * 60  # no policy may let a task be silent for longer
_NIGHT = {"from": "22:00", "to": "07:00", "resumes": "08:00"}


class _Strict(Schema):
    """A misspelt key in a policy is an error: silently ignored, it would loosen a rule."""

    class Meta:
        unknown = RAISE


def _role(**options: Any) -> fields.String:
    return fields.String(required=True, validate=validate.OneOf(ROLES), **options)


class _Window(fields.Field[Window]):
    """`["08:00", "10:00"]`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Window:
        if not isinstance(value, list) or len(value) != 2 or not all(isinstance(v, str) for v in value):
            raise ValidationError('two times of day, as in ["08:00", "10:00"]')
        for text in value:
            _CLOCK(text)
        start, end = (time.fromisoformat(text) for text in value)
        if start >= end:
            raise ValidationError("the window must end after it begins, on the same day")
        return Window(start, end)


class _Source(_Strict):
    title = fields.String(required=True, validate=validate.Length(min=1))
    issued_by = fields.String(required=True, validate=validate.Length(min=1))
    document = fields.String(required=True, allow_none=True)
    published = fields.Date(required=True)
    note = fields.String()


class _Opening(_Strict):
    kind = fields.String(required=True, validate=_KIND)
    role = _role()
    within_minutes = fields.Integer(required=True, strict=True, validate=validate.Range(1, _YEAR))


class _Release(_Strict):
    kind = fields.String(required=True, validate=_KIND)
    role = _role()
    window = _Window(required=True)


class _CheckIns(_Strict):
    role = _role()
    windows = fields.List(_Window(), required=True, validate=validate.Length(1, 12))

    @validates_schema(skip_on_field_errors=True)
    def _apart(self, data: Mapping[str, Any], **_: Any) -> None:
        windows = sorted(data["windows"], key=lambda w: w.start)
        if any(a.end > b.start for a, b in pairwise(windows)):
            raise ValidationError("windows overlap", "windows")


class _Tests(_Strict):
    role = _role()
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


class _Rule(_Strict):
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
            missing = {}
            others = {k: [f"give either {instead} or a rule of its own"] for k in _NEEDED if k in data}
        else:
            missing, others = {k: ["missing"] for k in _NEEDED if k not in data}, {}
        if missing or others:
            raise ValidationError(missing or others)
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


class _Level(_Rule):
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


class _Rung(_Strict):
    level = fields.String(required=True, validate=validate.OneOf(RUNGS))
    after_minutes = fields.Integer(required=True, strict=True, validate=validate.Range(0, _YEAR))
    roles = fields.List(fields.String(validate=validate.OneOf(ROLES)), required=True)


def _climbs(rungs: list[Any]) -> bool:
    """Whether each rung is higher, and none earlier, than the one before."""
    steps = [rung.get("after_minutes", 0) for rung in rungs]
    order = [RUNGS.index(rung["level"]) for rung in rungs if rung.get("level") in RUNGS]
    return steps == sorted(steps) and order == sorted(set(order))


class _OwnLadder(_Strict):
    """The ladder of some kinds of task, in place of the one of all others."""

    kinds = fields.List(fields.String(validate=_KIND), required=True, validate=validate.Length(min=1))
    urgent = fields.Boolean(load_default=False)
    rungs = fields.List(fields.Nested(_Rung), required=True, validate=validate.Length(min=1))
    repeat_after_minutes = fields.Integer(required=True, strict=True, validate=validate.Range(10, _YEAR))

    @validates_schema(skip_on_field_errors=True)
    def _upward(self, data: Mapping[str, Any], **_: Any) -> None:
        if not _climbs(data["rungs"]):
            raise ValidationError("rungs must climb, each later than the one before", "rungs")


class _Clock(fields.Field[time]):
    """`"22:00"`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> time:
        if not isinstance(value, str):
            raise ValidationError("a time of day as in 08:00")
        _CLOCK(value)
        return time.fromisoformat(value)


class _Night(_Strict):
    """`from` belongs to the night, `to` does not; what falls into it is put to `resumes`."""

    begins = _Clock(data_key="from", required=True)
    ends = _Clock(data_key="to", required=True)
    resumes = _Clock(required=True)

    @validates_schema(skip_on_field_errors=True)
    def _in_order(self, data: Mapping[str, Any], **_: Any) -> None:
        begins, ends, resumes = data["begins"], data["ends"], data["resumes"]
        if begins == ends:
            raise ValidationError("the night must end at another time than it begins", "to")
        if resumes < ends or (begins > ends and resumes >= begins):
            raise ValidationError("the day resumes after the night, and before the next one", "resumes")


def _term(default: int) -> fields.Integer:
    return fields.Integer(load_default=default, strict=True, validate=validate.Range(10, _LONGEST_TERM))


class _Terms(_Strict):
    """For how long at most an act on a task keeps it from climbing."""

    decide_minutes = _term(4 * 60)
    next_try_minutes = _term(24 * 60)
    acknowledged_minutes = _term(24 * 60)


class _AtOnce(_Strict):
    """A task that no plan foresees, within so long after the need for it is known."""

    role = _role()
    within_minutes = fields.Integer(required=True, strict=True, validate=validate.Range(1, _YEAR))


class _CloseContact(_Level):
    """Whoever lives with somebody positive: by which level's rule, or by one of their own; in both cases from
    the last day of being together.
    """

    counted: ClassVar[tuple[str, ...]] = ("last_exposure",)


class _Discharged(_Level):
    """Whoever was positive and comes home from hospital: from that day on. Left out: as before they went."""

    counted: ClassVar[tuple[str, ...]] = ("discharge",)


class _UnusualBatch(_Strict):
    """A laboratory's batch with more positives than that waits for one call, for so long at most."""

    percent = fields.Integer(required=True, strict=True, validate=validate.Range(1, 100))
    least_results = fields.Integer(required=True, strict=True, validate=validate.Range(1, 10_000))
    wait_minutes = fields.Integer(required=True, strict=True, validate=validate.Range(1, 60))


class _Thresholds(_Strict):
    fever_celsius = fields.Float(required=True, validate=validate.Range(35, 42))
    missed_check_ins = fields.Integer(required=True, strict=True, validate=validate.Range(1, 20))
    refused_visits = fields.Integer(required=True, strict=True, validate=validate.Range(1, 20))


class _Document(_Strict):
    policy_id = fields.String(required=True, validate=_SLUG)
    edition = fields.String(required=True, validate=validate.Length(1, 60))
    title = fields.String(required=True, validate=validate.Length(1, 200))
    sources = fields.List(fields.Nested(_Source), required=True, validate=validate.Length(min=1))
    remarks = fields.List(fields.String(), load_default=list)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(allow_none=True, load_default=None)
    places = fields.List(fields.String(validate=_CODE), required=True)
    look_back_days = fields.Integer(required=True, strict=True, validate=validate.Range(0, 60))
    applies_to_open_cases = fields.Boolean(required=True)
    retention_days = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, 3650),
        metadata={"description": "after its end a case is stripped of its people; under 31 days count as 31"},
    )
    thresholds = fields.Nested(_Thresholds, required=True)
    symptoms = fields.List(fields.String(), load_default=list)
    levels = fields.Dict(
        keys=fields.String(validate=validate.OneOf(LEVELS)), values=fields.Nested(_Level), required=True
    )
    ladder = fields.List(fields.Nested(_Rung), required=True, validate=validate.Length(min=1))
    repeat_after_minutes = fields.Integer(
        allow_none=True, load_default=None, strict=True, validate=validate.Range(10, _YEAR)
    )
    ladders = fields.List(fields.Nested(_OwnLadder), load_default=list)
    night = fields.Nested(_Night, allow_none=True, load_default=lambda: _Night().load(_NIGHT))
    terms = fields.Nested(_Terms, load_default=lambda: _Terms().load({}))
    call_them = fields.Nested(_AtOnce, required=True)
    see_abnormal = fields.Nested(_AtOnce, load_default=_SEE_ABNORMAL)
    see_silent = fields.Nested(_AtOnce, load_default=_SEE_SILENT)
    settle_refusal = fields.Nested(_AtOnce, load_default=_SETTLE_REFUSAL)
    confirm_release = fields.Nested(_AtOnce, load_default=_CONFIRM_RELEASE)
    past_the_term = fields.Nested(_AtOnce, load_default=_PAST_THE_TERM)
    confirm_transfer = fields.Nested(_AtOnce, load_default=_CONFIRM_TRANSFER)
    settle_transfer = fields.Nested(_AtOnce, load_default=_SETTLE_TRANSFER)
    escort_to_site = fields.Nested(_AtOnce, load_default=_ESCORT_TO_SITE)
    confirm_admission = fields.Nested(_AtOnce, load_default=_CONFIRM_ADMISSION)
    settle_central = fields.Nested(_AtOnce, load_default=_SETTLE_CENTRAL)
    settle_home = fields.Nested(_AtOnce, load_default=_SETTLE_HOME)
    stays_at_home = fields.List(
        fields.String(validate=validate.OneOf(SPECIAL_GROUPS)),
        load_default=list,
        metadata={
            "description": "special groups that stay at home under guidance, also where the home does not "
            "suit, or the measure is central isolation; of others an officer decides"
        },
    )
    name_carer = fields.Nested(_AtOnce, load_default=_NAME_CARER)
    leave_central = fields.Nested(_AtOnce, load_default=_LEAVE_CENTRAL)
    needs = fields.Dict(
        keys=fields.String(validate=validate.OneOf(NEED_KINDS)),
        values=fields.Nested(_AtOnce),
        load_default=dict,
    )
    see_breach = fields.Nested(_AtOnce, load_default=_SEE_BREACH)
    see_positive = fields.Nested(_AtOnce, load_default=_SEE_POSITIVE)
    decide_positive = fields.Nested(_AtOnce, load_default=_DECIDE_POSITIVE)
    list_contacts = fields.Nested(_AtOnce, load_default=_LIST_CONTACTS)
    tell_contacts = fields.Nested(_AtOnce, load_default=_TELL_CONTACTS)
    correct_contacts = fields.Nested(_AtOnce, load_default=_CORRECT_CONTACTS)
    second_sample = fields.Nested(_AtOnce, load_default=_SECOND_SAMPLE)
    late_result = fields.Nested(_AtOnce, load_default=_LATE_RESULT)
    close_contact = fields.Nested(_CloseContact, load_default=_CLOSE_CONTACT)
    discharged = fields.Nested(_Discharged, allow_none=True, load_default=None)
    unusual_batch = fields.Nested(_UnusualBatch, load_default=_UNUSUAL_BATCH)
    call_first_minutes = fields.Integer(
        load_default=_CALL_FIRST_MINUTES, strict=True, validate=validate.Range(10, _LONGEST_TERM)
    )
    judge_breach = fields.Nested(_AtOnce, load_default=_JUDGE_BREACH)
    settle_breach = fields.Nested(_AtOnce, load_default=_SETTLE_BREACH)
    door_sensors = fields.Boolean(
        load_default=False,
        metadata={"description": "whether an opened door is looked into; the notice must say so"},
    )
    permits = fields.Dict(
        keys=fields.String(validate=validate.OneOf(PERMIT_KINDS)),
        values=fields.Nested(_AtOnce),
        load_default=dict,
    )

    @validates_schema(skip_on_field_errors=False)
    def _together(self, data: Mapping[str, Any], **_: Any) -> None:
        errors: dict[str, Any] = {}
        starts, ends = data.get("valid_from"), data.get("valid_to")
        if starts and ends and ends < starts:
            errors["valid_to"] = ["ends before it begins"]
        if isinstance(levels := data.get("levels"), Mapping):
            for level in LEVELS:
                if level not in levels:
                    errors.setdefault("levels", {})[level] = ["missing: every risk level needs an answer"]
                elif (other := levels[level].get("treat_as")) and "treat_as" in levels.get(other, {}):
                    errors.setdefault("levels", {})[level] = {"treat_as": [f"{other} has no rule of its own"]}
        if (ladder := data.get("ladder")) and not _climbs(ladder):
            errors["ladder"] = ["rungs must climb, each later than the one before"]
        named = Counter(kind for own in data.get("ladders") or () for kind in own.get("kinds", ()))
        if twice := sorted(kind for kind, times in named.items() if times > 1):
            errors["ladders"] = [f"{twice[0]} is named twice"]
        if errors:
            raise ValidationError(errors)


SCHEMA = _Document(unknown=RAISE)


def check(document: object) -> dict[str, Any]:
    """The document as loaded. Raises Refused with everything that is wrong with it."""
    if not isinstance(document, dict):
        raise Refused.invalid([Fault("", "contract", "a policy is a JSON object")])
    try:
        loaded: dict[str, Any] = SCHEMA.load(document)
    except ValidationError as error:
        raise Refused.invalid(faults_of(error.messages, keyed=True)) from None
    return loaded

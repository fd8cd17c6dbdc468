"""The schema of a policy document: checked whole, every fault with its path in the document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import time
from typing import Any, Final

from marshmallow import RAISE, ValidationError, fields, validate, validates_schema

from contracts.faults import Fault, Refused, faults_of
from field.words import (
    LEVELS,
    NEED_KINDS,
    PERMIT_KINDS,
    ROLES,
    RUNGS,
    SPECIAL_GROUPS,
)
from services.isolation.policies.schema_of_rules import (
    CLOCK,
    KIND,
    YEAR,
    CloseContact,
    Discharged,
    Inbound,
    Level,
    Strict,
    one_role,
)

_SLUG = validate.Regexp(r"^[a-z0-9][a-z0-9-]{1,59}$", error="small letters, digits, -")
_CODE = validate.Regexp(r"^\d{2,12}$", error="a division code: 2 to 12 digits")
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


class _Source(Strict):
    title = fields.String(required=True, validate=validate.Length(min=1))
    issued_by = fields.String(required=True, validate=validate.Length(min=1))
    document = fields.String(required=True, allow_none=True)
    published = fields.Date(required=True)
    note = fields.String()


class _Rung(Strict):
    level = fields.String(required=True, validate=validate.OneOf(RUNGS))
    after_minutes = fields.Integer(required=True, strict=True, validate=validate.Range(0, YEAR))
    roles = fields.List(fields.String(validate=validate.OneOf(ROLES)), required=True)


def _climbs(rungs: list[Any]) -> bool:
    """Whether each rung is higher, and none earlier, than the one before."""
    steps = [rung.get("after_minutes", 0) for rung in rungs]
    order = [RUNGS.index(rung["level"]) for rung in rungs if rung.get("level") in RUNGS]
    return steps == sorted(steps) and order == sorted(set(order))


class _OwnLadder(Strict):
    """The ladder of some kinds of task, in place of the one of all others."""

    kinds = fields.List(fields.String(validate=KIND), required=True, validate=validate.Length(min=1))
    urgent = fields.Boolean(load_default=False)
    rungs = fields.List(fields.Nested(_Rung), required=True, validate=validate.Length(min=1))
    repeat_after_minutes = fields.Integer(required=True, strict=True, validate=validate.Range(10, YEAR))

    @validates_schema(skip_on_field_errors=True)
    def _upward(self, data: Mapping[str, Any], **_: Any) -> None:
        if not _climbs(data["rungs"]):
            raise ValidationError("rungs must climb, each later than the one before", "rungs")


class _Clock(fields.Field[time]):
    """`"22:00"`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> time:
        if not isinstance(value, str):
            raise ValidationError("a time of day as in 08:00")
        CLOCK(value)
        return time.fromisoformat(value)


class _Night(Strict):
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


class _Terms(Strict):
    """For how long at most an act on a task keeps it from climbing."""

    decide_minutes = _term(4 * 60)
    next_try_minutes = _term(24 * 60)
    acknowledged_minutes = _term(24 * 60)


class _AtOnce(Strict):
    """A task that no plan foresees, within so long after the need for it is known."""

    role = one_role()
    within_minutes = fields.Integer(required=True, strict=True, validate=validate.Range(1, YEAR))


class _UnusualBatch(Strict):
    """A laboratory's batch with more positives than that waits for one call, for so long at most."""

    percent = fields.Integer(required=True, strict=True, validate=validate.Range(1, 100))
    least_results = fields.Integer(required=True, strict=True, validate=validate.Range(1, 10_000))
    wait_minutes = fields.Integer(required=True, strict=True, validate=validate.Range(1, 60))


class _Thresholds(Strict):
    fever_celsius = fields.Float(required=True, validate=validate.Range(35, 42))
    missed_check_ins = fields.Integer(required=True, strict=True, validate=validate.Range(1, 20))
    refused_visits = fields.Integer(required=True, strict=True, validate=validate.Range(1, 20))


class _Document(Strict):
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
        keys=fields.String(validate=validate.OneOf(LEVELS)), values=fields.Nested(Level), required=True
    )
    ladder = fields.List(fields.Nested(_Rung), required=True, validate=validate.Length(min=1))
    repeat_after_minutes = fields.Integer(
        allow_none=True, load_default=None, strict=True, validate=validate.Range(10, YEAR)
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
    close_contact = fields.Nested(CloseContact, load_default=_CLOSE_CONTACT)
    discharged = fields.Nested(Discharged, allow_none=True, load_default=None)
    inbound = fields.Nested(Inbound, allow_none=True, load_default=None)
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

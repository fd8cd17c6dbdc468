"""Policy documents: read from JSON, checked, and turned into the terms of the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from importlib import resources
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from contracts.faults import Fault, Refused
from field.ladder import DAILY, Ladder, Ladders, Rung
from field.night import Night
from field.words import URGENT_TASKS
from services.isolation.policies.rules import (
    CALL_BY_PHONE,
    CLOSE_CONTACT,
    CONFIRM_ADMISSION,
    CONFIRM_RELEASE,
    CONFIRM_TRANSFER,
    CORRECT_CONTACTS,
    DECIDE_PERMIT,
    DECIDE_POSITIVE,
    DISCHARGED,
    ESCORT_TO_SITE,
    INBOUND,
    JUDGE_BREACH,
    LATE_RESULT,
    LEAVE_CENTRAL,
    LIST_CONTACTS,
    MEDICAL_NEED,
    MEET_NEED,
    NAME_CARER,
    PAST_THE_TERM,
    REVIEW_PERMIT,
    SECOND_SAMPLE,
    SEE_ABNORMAL,
    SEE_BREACH,
    SEE_POSITIVE,
    SEE_SILENT,
    SETTLE_BREACH,
    SETTLE_CENTRAL,
    SETTLE_HOME,
    SETTLE_REFUSAL,
    SETTLE_TRANSFER,
    TELL_CONTACTS,
    URGENT_PERMIT,
    CheckIns,
    OpeningTask,
    Policy,
    ReleaseTask,
    Rule,
    Terms,
    Tests,
    UnusualBatch,
)
from services.isolation.policies.schema import NEEDS, PERMITS, check

_CHINA: Final = ZoneInfo("Asia/Shanghai")
_CATEGORIES: Final = (CLOSE_CONTACT, DISCHARGED, INBOUND)
_NO_MORE_TOLD: Final = "reporter"
"""Could stand in `told` before 30 November 2026, and nothing followed: whoever reports learns of no case."""


def check_text(text: bytes | str) -> dict[str, Any]:
    """The JSON document in a file, checked. Returns it as it stands in the file. Raises Refused."""
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Refused.invalid([Fault(where, "not_json", "not JSON")]) from None
    check(document)
    assert isinstance(document, dict)
    return document


def policy_from(document: Mapping[str, Any], version: int, zone: ZoneInfo = _CHINA) -> Policy:
    """The policy a document means, its night by the clock of the zone. Raises Refused."""
    checked = check(dict(document))
    ladders = _ladders(checked, zone)
    rules = {
        level: _rule(level, given, ladders)
        for level, given in checked["levels"].items()
        if "treat_as" not in given
    }
    for level, given in checked["levels"].items():
        if "treat_as" in given:
            rules[level] = rules[given["treat_as"]]
    contact, discharged, inbound = (checked[category] for category in _CATEGORIES)
    for category, given in zip(_CATEGORIES, (contact, discharged, inbound), strict=True):
        if given and "treat_as" not in given:
            rules[category] = _rule(category, given, ladders)
    return Policy(
        policy_id=checked["policy_id"],
        version=version,
        edition=checked["edition"],
        title=checked["title"],
        valid_from=checked["valid_from"],
        valid_to=checked["valid_to"],
        places=tuple(checked["places"]),
        look_back_days=checked["look_back_days"],
        applies_to_open_cases=checked["applies_to_open_cases"],
        rules=rules,
        ladders=ladders,
        terms=Terms(**{name.removesuffix("_minutes"): _minutes(n) for name, n in checked["terms"].items()}),
        stand_ins=next((rung.roles for rung in ladders.default.rungs if rung.level == "community"), ()),
        call_by_phone=_at_once(CALL_BY_PHONE, checked["call_them"]),
        fever=round(checked["thresholds"]["fever_celsius"] * 10),
        symptoms=tuple(checked["symptoms"]),
        see_abnormal=_at_once(SEE_ABNORMAL, checked["see_abnormal"]),
        missed_check_ins=checked["thresholds"]["missed_check_ins"],
        see_silent=_at_once(SEE_SILENT, checked["see_silent"]),
        settle_refusal=_at_once(SETTLE_REFUSAL, checked["settle_refusal"]),
        confirm_release=_at_once(CONFIRM_RELEASE, checked["confirm_release"]),
        past_the_term=_at_once(PAST_THE_TERM, checked["past_the_term"]),
        confirm_transfer=_at_once(CONFIRM_TRANSFER, checked["confirm_transfer"]),
        settle_transfer=_at_once(SETTLE_TRANSFER, checked["settle_transfer"]),
        escort_to_site=_at_once(ESCORT_TO_SITE, checked["escort_to_site"]),
        confirm_admission=_at_once(CONFIRM_ADMISSION, checked["confirm_admission"]),
        settle_central=_at_once(SETTLE_CENTRAL, checked["settle_central"]),
        settle_home=_at_once(SETTLE_HOME, checked["settle_home"]),
        stays_at_home=tuple(checked["stays_at_home"]),
        name_carer=_at_once(NAME_CARER, checked["name_carer"]),
        leave_central=_at_once(LEAVE_CENTRAL, checked["leave_central"]),
        needs={
            kind: _at_once(MEDICAL_NEED if kind == "medical" else MEET_NEED, given)
            for kind, given in {**NEEDS, **checked["needs"]}.items()
        },
        see_breach=_at_once(SEE_BREACH, checked["see_breach"]),
        see_positive=_at_once(SEE_POSITIVE, checked["see_positive"]),
        decide_positive=_at_once(DECIDE_POSITIVE, checked["decide_positive"]),
        list_contacts=_at_once(LIST_CONTACTS, checked["list_contacts"]),
        tell_contacts=_at_once(TELL_CONTACTS, checked["tell_contacts"]),
        correct_contacts=_at_once(CORRECT_CONTACTS, checked["correct_contacts"]),
        second_sample=_at_once(SECOND_SAMPLE, checked["second_sample"]),
        late_result=_at_once(LATE_RESULT, checked["late_result"]),
        call_first=_minutes(checked["call_first_minutes"]),
        unusual_batch=_unusual_batch(checked["unusual_batch"]),
        close_contact=contact.get("treat_as", CLOSE_CONTACT),
        discharged=discharged and discharged.get("treat_as", DISCHARGED),
        inbound=inbound and inbound.get("treat_as", INBOUND),
        judge_breach=_at_once(JUDGE_BREACH, checked["judge_breach"]),
        settle_breach=_at_once(SETTLE_BREACH, checked["settle_breach"]),
        refused_visits=checked["thresholds"]["refused_visits"],
        door_sensors=checked["door_sensors"],
        permits={
            kind: _at_once(REVIEW_PERMIT if kind == "emergency" else DECIDE_PERMIT, given)
            for kind, given in {**PERMITS, **checked["permits"]}.items()
        },
        retention_days=checked["retention_days"],
    )


def stored_policy(document: Mapping[str, Any], version: int, zone: ZoneInfo = _CHINA) -> Policy:
    """The same of a document that was checked when it was published, as documents were then."""
    document = {**document, "levels": {k: _as_today(v) for k, v in document["levels"].items()}}
    if "close_contact" in document:
        document["close_contact"] = _as_today(document["close_contact"])
    return policy_from(document, version, zone)


def _as_today(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {k: [who for who in v if who != _NO_MORE_TOLD] if k == "told" else v for k, v in rule.items()}


def _unusual_batch(given: Mapping[str, Any]) -> UnusualBatch:
    return UnusualBatch(given["percent"], given["least_results"], _minutes(given["wait_minutes"]))


def _ladders(checked: Mapping[str, Any], zone: ZoneInfo) -> Ladders:
    """Kinds that no ladder of the policy names climb the one of all others; urgent ones at night too."""
    default = Ladder(_rungs(checked["ladder"]), _minutes(checked["repeat_after_minutes"] or 0) or DAILY)
    by_kind = dict.fromkeys(URGENT_TASKS, replace(default, urgent=True))
    for own in checked["ladders"]:
        repeat = _minutes(own["repeat_after_minutes"])
        for kind in own["kinds"]:
            by_kind[kind] = Ladder(_rungs(own["rungs"]), repeat, own["urgent"] or kind in URGENT_TASKS)
    named = {kind for own in checked["ladders"] for kind in own["kinds"]}
    for kind, as_of in ((URGENT_PERMIT, SEE_BREACH), (DECIDE_POSITIVE, SEE_POSITIVE)):
        if kind not in named:
            by_kind[kind] = by_kind[as_of]  # of a policy from before it was known
    night = checked["night"]
    return Ladders(default, by_kind, Night(**night, zone=zone) if night else None)


def _rungs(given: Sequence[Mapping[str, Any]]) -> tuple[Rung, ...]:
    return tuple(Rung(rung["level"], _minutes(rung["after_minutes"]), tuple(rung["roles"])) for rung in given)


def _minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def source_line(document: Mapping[str, Any]) -> str:
    """The places where the rules were published, in one line."""
    lines = (
        f"{s['issued_by']}《{s['title']}》{s['document'] or ''}, {s['published']}"
        for s in document["sources"]
    )
    return "; ".join(lines)[:500]


def shipped() -> list[dict[str, Any]]:
    """The editions that come with Doorstep, by the day they begin."""
    folder = resources.files("services.isolation.policies")
    documents = [check_text(f.read_bytes()) for f in folder.iterdir() if f.name.endswith(".json")]
    return sorted(documents, key=lambda document: date.fromisoformat(document["valid_from"]))


def _at_once(kind: str, given: Mapping[str, Any]) -> OpeningTask:
    return OpeningTask(kind, given["role"], _minutes(given["within_minutes"]))


def _rule(level: str, given: Mapping[str, Any], ladders: Ladders) -> Rule:
    first, *then = (_stage(level, one, ladders) for one in given.get("stages") or (given,))
    return replace(first, then=tuple(then))


def _stage(level: str, given: Mapping[str, Any], ladders: Ladders) -> Rule:
    check_ins, tests = given["check_ins"], given["tests"]
    return Rule(
        level=level,
        measure=given["measure"],
        days=given["days"],
        counted_from=given["counted_from"],
        care_team=tuple(given["care_team"]),
        opening=tuple(
            OpeningTask(task["kind"], task["role"], _minutes(task["within_minutes"]))
            for task in given["opening"]
        ),
        check_ins=CheckIns(check_ins["role"], tuple(check_ins["windows"])) if check_ins else None,
        tests=_tests(tests) if tests else None,
        on_release=tuple(ReleaseTask(t["kind"], t["role"], t["window"]) for t in given["on_release"]),
        arrival_is_day=given["arrival_is_day"],
        release=tuple(given["release"]),
        told=tuple(dict.fromkeys(given["told"])),
        ladders=ladders,
        then=(),
    )


def _tests(given: Mapping[str, Any]) -> Tests:
    hours = given["hours_apart"]
    apart = timedelta(hours=hours) if hours else None
    return Tests(given["role"], tuple(sorted(given["days"])), given["window"], given["catch_up"], apart)

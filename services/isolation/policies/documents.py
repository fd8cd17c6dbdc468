"""Policy documents: read from JSON, checked, and turned into the terms of the rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from importlib import resources
from typing import Any

import orjson

from contracts.faults import Fault, Refused
from field.ladder import Ladder, Rung
from services.isolation.policies.rules import (
    CALL_BY_PHONE,
    SEE_ABNORMAL,
    SETTLE_REFUSAL,
    CheckIns,
    OpeningTask,
    Policy,
    ReleaseTask,
    Rule,
    Tests,
)
from services.isolation.policies.schema import check


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


def policy_from(document: Mapping[str, Any], version: int) -> Policy:
    """The policy a document means. Raises Refused."""
    checked = check(dict(document))
    rules = {
        level: _rule(level, given) for level, given in checked["levels"].items() if "treat_as" not in given
    }
    for level, given in checked["levels"].items():
        if "treat_as" in given:
            rules[level] = rules[given["treat_as"]]
    repeat = checked["repeat_after_minutes"]
    ladder = Ladder(
        tuple(
            Rung(rung["level"], timedelta(minutes=rung["after_minutes"]), tuple(rung["roles"]))
            for rung in checked["ladder"]
        ),
        timedelta(minutes=repeat) if repeat else None,
    )
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
        ladder=ladder,
        stand_ins=next((rung.roles for rung in ladder.rungs if rung.level == "community"), ()),
        call_by_phone=_at_once(CALL_BY_PHONE, checked["call_them"]),
        fever=round(checked["thresholds"]["fever_celsius"] * 10),
        symptoms=tuple(checked["symptoms"]),
        see_abnormal=_at_once(SEE_ABNORMAL, checked["see_abnormal"]),
        settle_refusal=_at_once(SETTLE_REFUSAL, checked["settle_refusal"]),
    )


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
    return OpeningTask(kind, given["role"], timedelta(minutes=given["within_minutes"]))


def _rule(level: str, given: Mapping[str, Any]) -> Rule:
    check_ins, tests = given["check_ins"], given["tests"]
    return Rule(
        level=level,
        measure=given["measure"],
        days=given["days"],
        counted_from=given["counted_from"],
        care_team=tuple(given["care_team"]),
        opening=tuple(
            OpeningTask(task["kind"], task["role"], timedelta(minutes=task["within_minutes"]))
            for task in given["opening"]
        ),
        check_ins=CheckIns(check_ins["role"], tuple(check_ins["windows"])) if check_ins else None,
        tests=Tests(tests["role"], tuple(sorted(tests["days"])), tests["window"], tests["catch_up"])
        if tests
        else None,
        on_release=tuple(ReleaseTask(t["kind"], t["role"], t["window"]) for t in given["on_release"]),
    )

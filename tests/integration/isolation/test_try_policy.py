"""A policy is tried on the open cases: what it says happens when it is imported, and nothing before."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest

from chassis.database.tables import TABLES
from contracts.faults import Refused
from services.isolation import tables as t
from services.isolation.cases.try_policy import EFFECTS, Tried, try_policy
from services.isolation.policies import documents
from services.isolation.policies.import_policy import import_policy
from tests.integration.isolation.trial import CHINA, Trial, arrival, china

NINTH = next(one for one in documents.shipped() if one["policy_id"] == "cn-2022-06")
LEVELS = ("high", "medium", "low", "none")


def changed(**levels: dict[str, Any]) -> dict[str, Any]:
    """The ninth edition with some of its levels changed."""
    return {**NINTH, "levels": {name: {**NINTH["levels"][name], **levels.get(name, {})} for name in LEVELS}}


def another(document: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {**document, "policy_id": "another", "valid_from": "2022-10-01", **fields}


MEDIUM_AS_HIGH = {"treat_as": "high"}
TRIALS = {
    "days are added": changed(medium={"days": 10}),
    "days are taken away": changed(medium={"days": 5, "tests": None}),
    "the word of before": changed(low={"measure": "health_monitoring"}),
    "another measure": changed(high={"measure": "home_isolation"}, low={"measure": "home_isolation"}),
    "a new policy, for open cases too": another(
        changed(medium={"days": 3, "tests": None}), applies_to_open_cases=True
    ),
    "a new policy, for newcomers": another(changed(medium={"days": 3, "tests": None})),
    "one of another city": another(NINTH, places=["11"], applies_to_open_cases=True),
}


def tried(isolation: Trial, document: dict[str, Any]) -> Tried:
    with isolation.database.read() as conn:
        return try_policy(conn, document, now=isolation.clock.now(), zone=CHINA)


def standing(isolation: Trial) -> dict[str, tuple[str, date]]:
    return {row["case_id"]: (row["measure"], row["release_on"]) for row in isolation.rows(t.cases)}


def effects(before: dict[str, tuple[str, date]], after: dict[str, tuple[str, date]]) -> Counter[str]:
    """Said once more, by days and measures as people compare them."""
    strict = ["inform_only", "self_monitoring", "health_monitoring", "home_isolation", "central_isolation"]
    found: Counter[str] = Counter()
    for id, (measure, ends) in before.items():
        measure_after, ends_after = after[id]
        step = strict.index(measure_after) - strict.index(measure)
        longer = (ends_after > ends) - (ends_after < ends)
        name = {1: "stricter", -1: "laxer"}.get((step > 0) - (step < 0))
        found[name or {1: "longer", -1: "shorter", 0: "same"}[longer]] += 1
    return found


@pytest.fixture
def followed(isolation: Trial) -> Trial:
    """Two of each level, who left on different days."""
    for level in LEVELS:
        for day in (28, 30):
            left = date(2022, 9, day)
            isolation.follow(arrival(level=level, left_on=left if level in ("high", "medium") else None))
    isolation.clock.moment = china("2022-10-02 09:00")
    isolation.run_timers()
    return isolation


@pytest.mark.parametrize("name", TRIALS)
def test_what_is_said_beforehand_is_what_happens(followed: Trial, name: str) -> None:
    document, before, told = TRIALS[name], standing(followed), len(followed.rows(TABLES["outbox"]))
    found = tried(followed, document).open_cases
    said = Counter({effect: found.places["c-1", effect] for effect in EFFECTS})
    assert standing(followed) == before and len(followed.rows(TABLES["outbox"])) == told
    followed.do(import_policy, document)
    followed.run_timers()
    after = standing(followed)
    assert +said == effects(before, after)
    moved = Counter((before[id][0], after[id][0]) for id in before if before[id][0] != after[id][0])
    assert found.measures == moved
    assert said.total() == len(before)


def test_of_one_that_open_cases_do_not_feel_it_says_what_newcomers_would_get(followed: Trial) -> None:
    found = tried(followed, TRIALS["a new policy, for newcomers"])
    assert {effect for _, effect in found.open_cases.places} == {"same"}
    assert found.newcomers.places["c-1", "shorter"] == 2
    assert set(found.names) == {"c-1"}
    assert tried(followed, TRIALS["one of another city"]).newcomers.places == Counter()


def test_one_that_begins_later_is_tried_on_its_first_day(followed: Trial) -> None:
    later = another(changed(medium={"days": 3, "tests": None}), applies_to_open_cases=True)
    found = tried(followed, {**later, "valid_from": "2022-10-04"})
    assert found.at == china("2022-10-04 00:00")
    assert found.open_cases.places["c-1", "shorter"] == 2


def test_a_document_with_faults_is_refused_with_all_of_them(followed: Trial) -> None:
    with pytest.raises(Refused) as caught:
        tried(followed, {**NINTH, "places": ["x"], "valid_from": "soon"})
    assert {fault.where for fault in caught.value.faults} == {"places[0]", "valid_from"}

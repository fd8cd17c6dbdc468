"""Policy documents: what they must hold, what is said about a wrong one, and which one is in force."""

import copy
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.faults import Refused
from field.policies import in_force
from field.words import LEVELS, MEASURES
from services.isolation.policies.documents import check_text, policy_from, shipped, source_line, stored_policy
from services.isolation.policies.rules import Exposure, Policy, decide, strictness

EDITIONS = {document["policy_id"]: document for document in shipped()}
NINTH = policy_from(EDITIONS["cn-2022-06"], 1)
DAY = date(2022, 10, 1)


def ninth(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(EDITIONS["cn-2022-06"]), **changes}


def errors_of(document: Any) -> dict[str, str]:
    with pytest.raises(Refused) as caught:
        policy_from(document, 1)
    assert caught.value.kind == "invalid"
    return {fault.where: fault.message for fault in caught.value.faults}


def policy(name: str, begins: date, places: tuple[str, ...] = (), ends: date | None = None) -> Policy:
    document = ninth(policy_id=name, edition=name, places=list(places))
    document |= {"valid_from": begins.isoformat(), "valid_to": ends.isoformat() if ends else None}
    return policy_from(document, 1)


# -- the editions that are shipped -------------------------------------------------------------------------


def rule(edition: str, level: str) -> tuple[str, int, str, tuple[int, ...]]:
    found = policy_from(EDITIONS[edition], 1).rules[level]
    return found.measure, found.days, found.counted_from, found.tests.days if found.tests else ()


def test_the_ninth_edition_is_as_published_in_june_2022():
    assert rule("cn-2022-06", "high") == ("central_isolation", 7, "leaving", (1, 2, 3, 5, 7))
    assert rule("cn-2022-06", "medium") == ("home_isolation", 7, "leaving", (1, 4, 7))
    measure, days, _, tests = rule("cn-2022-06", "low")
    assert (measure, days, len(tests)) == ("self_monitoring", 3, 2)
    assert NINTH.rules["low"].check_ins is None, "nobody reports: two tests in three days"
    assert rule("cn-2022-06", "none")[:2] == ("inform_only", 0)


def test_the_twenty_measures_bring_the_high_risk_home_and_end_the_medium_level():
    assert rule("cn-2022-11", "high") == ("home_isolation", 7, "leaving", (1, 3, 5, 7))
    assert rule("cn-2022-11", "medium") == rule("cn-2022-11", "low")
    assert EDITIONS["cn-2022-11"]["valid_from"] == "2022-11-11"


def test_february_2020_asks_for_fourteen_days_from_every_affected_place():
    assert [rule("cn-2020-02", level)[1] for level in ("high", "medium", "low")] == [14, 14, 14]
    assert rule("cn-2020-02", "high")[0] == "central_isolation"
    assert rule("cn-2020-02", "medium")[0] == "home_isolation"
    assert rule("cn-2020-02", "low")[0] == "home_health_monitoring"


@pytest.mark.parametrize("document", EDITIONS.values(), ids=EDITIONS)
def test_no_edition_says_the_word_of_before_or_asks_less_than_its_measure(document: dict[str, Any]):
    """Who is monitored at home reports in the morning and in the evening; a policy of before still works."""
    for level, rule in policy_from(document, 1).rules.items():
        assert rule.measure != "health_monitoring" and "nothing_open" not in rule.release
        if rule.measure == "home_health_monitoring":
            assert rule.check_ins and len(rule.check_ins.windows) == 2, level
    assert {"blocked_or_runny_nose", "sore_throat"} <= set(document["symptoms"])
    before = copy.deepcopy(document)
    before["levels"]["low"] |= {"measure": "health_monitoring", "release": ["days_full", "nothing_open"]}
    assert policy_from(before, 1).rules["low"].measure == "health_monitoring"


@pytest.mark.parametrize("document", EDITIONS.values(), ids=EDITIONS)
def test_every_edition_names_its_source_and_its_local_practice(document: dict[str, Any]):
    for source in document["sources"]:
        assert source["title"] and source["issued_by"] and source["document"]
        date.fromisoformat(source["published"])
    assert source_line(document)
    assert any("local practice" in remark for remark in document["remarks"])


@pytest.mark.parametrize("document", EDITIONS.values(), ids=EDITIONS)
def test_first_contact_is_due_within_two_hours_and_a_signed_notice_within_a_day(document: dict[str, Any]):
    for rule in policy_from(document, 1).rules.values():
        within = {task.kind: task.within for task in rule.opening}
        if rule.measure in ("central_isolation", "home_isolation"):
            assert within["first_contact"] == timedelta(hours=2)
            assert within["signed_notice"] == timedelta(hours=24)
            assert rule.check_ins and len(rule.check_ins.windows) == 2


# -- checking a document -----------------------------------------------------------------------------------


def test_all_errors_are_reported_at_once_each_with_its_path():
    wrong = ninth(valid_to="2022-01-01", places=["Lanzhou"], look_back_days="7")
    del wrong["levels"]["low"]
    wrong["levels"]["high"]["tests"]["days"] = [1, 9]
    wrong["levels"]["high"]["check_ins"]["windows"][1] = ["16:00", "12:00"]
    wrong["levels"]["medium"]["opening"][0]["role"] = "neighbour"
    wrong["levels"]["none"]["treat_as"] = "high"
    wrong["surprise"] = 1
    assert set(errors_of(wrong)) >= {
        "valid_to",
        "places[0]",
        "look_back_days",
        "levels.low",
        "levels.high.check_ins.windows[1]",
        "levels.medium.opening[0].role",
        "levels.none.measure",
        "surprise",
    }
    wrong["levels"]["high"]["check_ins"]["windows"][1] = ["16:00", "18:00"]
    assert errors_of(wrong)["levels.high.tests.days"] == "day 9 is not among days 0 to 7"


def test_a_misspelt_key_is_an_error_for_ignored_it_would_loosen_a_rule():
    wrong = ninth()
    wrong["levels"]["high"]["test"] = wrong["levels"]["high"].pop("tests")
    assert "levels.high.test" in errors_of(wrong)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"ladder": [{"level": "street", "after_minutes": 5, "roles": []}] * 2}, "ladder"),
        ({"policy_id": "Ninth edition"}, "policy_id"),
        ({"sources": []}, "sources"),
        ({"retention_days": 0}, "retention_days"),
        ({"repeat_after_minutes": 1}, "repeat_after_minutes"),
    ],
)
def test_an_impossible_policy_is_refused(change: dict[str, Any], where: str):
    assert where in errors_of(ninth(**change))


def test_what_a_city_counts_otherwise_must_make_sense():
    wrong = ninth(close_contact={"treat_as": "high", "days": 7})
    wrong["levels"]["high"] |= {"arrival_is_day": 1, "counted_from": "leaving"}
    wrong["levels"]["low"] |= {"arrival_is_day": 1}
    wrong["levels"]["low"]["tests"]["days"] = [0, 3]
    wrong["levels"]["medium"]["tests"] |= {"catch_up": False, "hours_apart": 24}
    found = errors_of(wrong)
    assert found["levels.high.arrival_is_day"] == "only where days are counted from the arrival"
    assert found["levels.low.tests.days"] == "day 0 is not among days 1 to 3"
    assert found["levels.medium.tests.hours_apart"] == "only with catch_up"
    assert found["close_contact.days"] == "give either treat_as or a rule of its own"
    own = {**ninth()["levels"]["high"], "counted_from": "leaving"}
    found = errors_of(ninth(close_contact=own, discharged=own))
    assert found["close_contact.counted_from"] == "must be last_exposure"
    assert found["discharged.counted_from"] == "must be discharge"


def test_stages_follow_each_other_each_laxer_than_the_one_before():
    wrong = ninth()
    first, second = wrong["close_contact"]["stages"]
    late = {**second, "counted_from": "arrival", "measure": "central_isolation", "days": 0, "tests": None}
    wrong["close_contact"] = {"stages": [{**first, "on_release": second["on_release"]}, late]}
    wrong["levels"]["high"] = {"stages": [first, second], "treat_as": "low"}
    wrong["levels"]["medium"] = {"stages": [first, second], "days": 7}
    wrong["levels"]["low"] = {"stages": [second]}
    found = errors_of(wrong)
    assert found["close_contact.stages[1].counted_from"] == "must be previous_stage"
    assert found["close_contact.stages[1].measure"] == "must order less than the stage before"
    assert found["close_contact.stages[1].days"] == "a stage lasts a day at least"
    assert found["close_contact.stages[0].on_release"].startswith("only of the last stage")
    assert found["levels.high.stages"] == "give either treat_as or stages"
    assert found["levels.medium.days"] == "give either stages or a rule of its own"
    assert "levels.low.stages" in found
    wrong["levels"]["high"] = {"stages": [first, second]}
    assert errors_of(wrong)["levels.high.stages[0].counted_from"] == "must be arrival or leaving"


def test_overlapping_check_in_windows_and_a_kind_named_twice_are_refused():
    wrong = ninth()
    wrong["levels"]["high"]["check_ins"]["windows"] = [["08:00", "12:00"], ["11:00", "13:00"]]
    wrong["levels"]["medium"]["opening"] *= 2
    assert {"levels.high.check_ins.windows", "levels.medium.opening"} <= set(errors_of(wrong))


def test_treating_a_level_as_one_without_a_rule_is_refused():
    wrong = ninth()
    wrong["levels"]["medium"] = {"treat_as": "low"}
    wrong["levels"]["low"] = {"treat_as": "medium"}
    assert set(errors_of(wrong)) == {"levels.medium.treat_as", "levels.low.treat_as"}


@pytest.mark.parametrize("text", ["[]", "null", '"x"'])
def test_a_document_that_is_no_object_is_refused(text: str):
    with pytest.raises(Refused):
        check_text(text)


def test_broken_json_is_reported_with_line_and_column():
    with pytest.raises(Refused) as caught:
        check_text('{"policy_id": "x",\n oops}')
    assert caught.value.faults[0].where.startswith("line 2")


def test_a_stored_document_may_name_whom_no_new_one_can_tell() -> None:
    document = copy.deepcopy(shipped()[0])
    document["levels"]["low"]["told"] = ["resident", "reporter"]
    with pytest.raises(Refused):
        policy_from(document, 1)
    assert stored_policy(document, 1).rules["low"].told == ("resident",)


# -- which policy is in force ------------------------------------------------------------------------------


def test_the_most_local_policy_in_force_wins_then_the_latest():
    everywhere = policy("everywhere", DAY - timedelta(days=1))
    province = policy("province", DAY - timedelta(days=90), ("62",))
    city = policy("city", DAY - timedelta(days=60), ("6201", "37"))
    newer = policy("newer", DAY - timedelta(days=30), ("6201",))
    ended = policy("ended", DAY - timedelta(days=80), ("620102",), ends=DAY - timedelta(days=1))
    all_of_them = [everywhere, newer, city, ended, province]

    def name(division: str | None, day: date = DAY) -> str:
        found = in_force(all_of_them, division, day)
        assert found
        return found.policy_id

    assert name("620102002") == "newer"
    assert name("620402") == "province"
    assert name("110101") == "everywhere"
    assert name(None) == "everywhere"
    assert name("620102002", DAY - timedelta(days=1)) == "ended"  # its last day counts


def test_where_none_has_begun_the_first_to_begin_answers():
    later, sooner = policy("later", DAY + timedelta(days=9)), policy("sooner", DAY + timedelta(days=2))
    assert in_force([later, sooner], None, DAY) is sooner
    assert in_force([policy("ended", DAY, ends=DAY)], None, DAY + timedelta(days=1)) is None
    assert in_force([policy("elsewhere", DAY, ("11",))], "620102", DAY) is None


@given(st.permutations(range(5)), st.integers(-5, 15))
def test_the_policy_in_force_does_not_depend_on_the_order_of_import(order: list[int], day: int):
    found = [
        policy(f"p{n}", DAY + timedelta(days=2 * n), ("62",) * (n % 2), DAY + timedelta(days=2 * n + 5))
        for n in range(5)
    ]
    when = DAY + timedelta(days=day)
    assert in_force([found[n] for n in order], "620102", when) is in_force(found, "620102", when)


# -- which rule follows ------------------------------------------------------------------------------------

exposures = st.lists(
    st.builds(
        Exposure,
        st.sampled_from(("low", "medium", "high")),
        st.none() | st.dates(DAY - timedelta(days=20), DAY),
    ),
    max_size=4,
)


@given(exposures)
def test_the_strictest_exposure_within_the_look_back_decides(found: list[Exposure]):
    rule, exposure = decide(NINTH, found, DAY)
    within = [e for e in found if e.left_on is None or (DAY - e.left_on).days <= 7]
    worst = max((LEVELS.index(e.level) for e in within), default=0)
    assert LEVELS.index(exposure.level) == worst
    assert rule is NINTH.rules[LEVELS[worst]]


@given(exposures, exposures)
def test_more_exposure_never_loosens_the_measure(some: list[Exposure], more: list[Exposure]):
    before, _ = decide(NINTH, some, DAY)
    after, _ = decide(NINTH, some + more, DAY)
    assert MEASURES.index(after.measure) >= MEASURES.index(before.measure)


def test_strictness_orders_measures_first_and_then_their_end():
    assert strictness("central_isolation", DAY) > strictness("home_isolation", DAY + timedelta(days=9))
    assert strictness("home_isolation", DAY + timedelta(days=1)) > strictness("home_isolation", DAY)

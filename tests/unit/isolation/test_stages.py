"""A measure in stages: which one holds when, from when its days count, and what leads back to the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations
from typing import Any

import pytest

from services.isolation.cases.revising import Change, kinds_of_change, revise
from services.isolation.cases.rows import _chapter_row, story_from
from services.isolation.cases.story import Chapter, Exposed, Standing, in_order, standing
from services.isolation.cases.try_policy import _as_it_stands
from services.isolation.plans.present import Present
from services.isolation.policies.documents import policy_from, shipped
from services.isolation.policies.rules import Exposure, Policy, decide
from tests.unit.isolation.test_planning import CHINA, DAY, NINTH, POLICIES, at, known
from tests.unit.isolation.test_revising import DOCUMENTS, opened

LOW = known("low", left=0)
TWENTY = "cn-2022-11"


def together(day: int = 0, *, by: str = "a", told: int | None = None) -> Chapter:
    """They live with somebody positive, and were together last that many days after 1 October."""
    last_on = DAY + timedelta(days=day)
    return Chapter(None, at(20, day if told is None else told), (), NINTH, exposed=Exposed(by, last_on))


def begins(stage: int, day: int, policy_id: str = NINTH) -> Chapter:
    return Chapter(None, at(0.5, day), (), policy_id, stage=stage)


def policy_begins(day: int, policy_id: str) -> Chapter:
    return Chapter(None, at(0.1, day), (), policy_id)


def stand(*chapters: Chapter, policies: Mapping[str, Policy] = POLICIES) -> Standing:
    return standing(in_order(chapters), at(6), policies, CHINA)


def says(stands: Standing) -> tuple[str, int, int]:
    """The measure, its days, and how many days after 1 October they are full."""
    return stands.rule.measure, stands.rule.days, (stands.release_on - DAY).days


def samples(stands: Standing) -> Sequence[tuple[int, int]]:
    """(number of the day, days after 1 October)"""
    tasks = stands.tasks(DAY + timedelta(days=30)).values()
    found = (
        (task.day, (task.due_from.astimezone(CHINA).date() - DAY).days)
        for task in tasks
        if task.kind == "test"
    )
    return sorted(found, key=lambda one: one[1])


def test_a_close_contact_is_seven_days_in_a_centre_and_then_three_at_home() -> None:
    first = stand(LOW, together())
    assert says(first) == ("central_isolation", 7, 7)
    assert [(one.rule.measure, one.release_on) for one in first.to_come] == [
        ("home_health_monitoring", date(2022, 10, 11))
    ]
    assert first.ends_on == date(2022, 10, 11)
    second = stand(LOW, together(), begins(1, 7))
    assert says(second) == ("home_health_monitoring", 3, 10) and second.to_come == ()
    assert samples(second) == [(1, 1), (2, 2), (3, 3), (5, 5), (3, 10)], "day 7 was tested, or is still to be"
    kinds = {task.kind for task in second.tasks(DAY + timedelta(days=30)).values()}
    assert {"supplies", "release_visit"} <= kinds and "escort_to_site" not in kinds


def test_whoever_was_held_longer_in_the_first_stage_stays_no_longer_in_the_next() -> None:
    late = stand(LOW, together(), begins(1, 9))
    assert says(late) == ("home_health_monitoring", 3, 10)


def test_a_new_exposure_leads_back_to_the_first_stage() -> None:
    again = stand(LOW, together(), begins(1, 7), together(8, by="b"))
    assert says(again) == ("central_isolation", 7, 15)
    assert [one.rule.days for one in again.to_come] == [3]
    assert says(stand(LOW, together(), begins(1, 7), together(8, by="b"), begins(1, 15))) == (
        "home_health_monitoring",
        3,
        18,
    )


def test_it_is_the_same_in_whatever_order_it_became_known() -> None:
    chapters = (LOW, known("high", left=0, version=2, hour=9), together(), begins(1, 7))
    assert len({says(stand(*order)) for order in permutations(chapters)}) == 1
    # What raises the risk after all leads back, whenever it came: days of another risk are to be served.
    raised = known("high", left=4, version=2, day=6)
    later = {
        says(standing(in_order(order), at(6, 4), POLICIES, CHINA))
        for order in permutations((LOW, raised, together(), begins(1, 8)))
    }
    assert later == {("central_isolation", 7, 11)}


def test_an_edition_that_begins_meanwhile_is_asked_which_stage_it_is() -> None:
    in_the_first = stand(LOW, together(), policy_begins(6, TWENTY))
    assert says(in_the_first) == ("central_isolation", 5, 5), "it ends on the day on which that became known"
    assert says(stand(LOW, together(), policy_begins(6, TWENTY), begins(1, 6, TWENTY))) == (
        "home_isolation",
        3,
        8,
    )
    at_home = stand(LOW, together(), begins(1, 7), policy_begins(8, TWENTY))
    assert says(at_home) == ("home_isolation", 3, 8)


def in_a_city(**changes: Any) -> dict[str, Policy]:
    """An edition of a city, which asks contacts for the first stage alone."""
    document = next(one for one in shipped() if one["policy_id"] == NINTH)
    first = {**document["close_contact"]["stages"][0], **changes}
    city = {**document, "policy_id": "city", "close_contact": first, "applies_to_open_cases": True}
    return {**POLICIES, "city": policy_from(city, 1)}


def test_an_edition_without_the_stage_ends_it_and_leads_nobody_back_into_the_centre() -> None:
    chapters = (LOW, together(), begins(1, 7), policy_begins(8, "city"))
    stands = stand(*chapters, policies=in_a_city())
    assert says(stands) == ("home_health_monitoring", 3, 7) and stands.last_day == DAY + timedelta(days=8)
    assert stands.ends_on == date(2022, 10, 8) and stands.to_come == ()
    longer = stand(*chapters, policies=in_a_city(days=14))
    assert says(longer) == ("central_isolation", 14, 14), "its days are not full"


def test_a_correction_that_takes_the_stage_away_ends_it_and_fetches_nobody() -> None:
    ninth = DOCUMENTS[NINTH]
    shorter = {NINTH: policy_from({**ninth, "close_contact": ninth["close_contact"]["stages"][0]}, 2)}
    at_home = stand(LOW, together(), begins(1, 7), policies=shorter)
    assert says(at_home) == ("home_health_monitoring", 7, 7) and at_home.to_come == ()
    asked = {kind for (kind, due_from) in at_home.tasks(DAY + timedelta(days=30)) if due_from >= at(0.5, 7)}
    assert asked == {"check_in"}
    again = stand(LOW, together(), begins(1, 7), together(8, by="b"), policies=shorter)
    assert says(again) == ("central_isolation", 7, 15)


@pytest.mark.parametrize(("days", "begins_now"), [(7, True), (10, False)])
def test_a_stage_that_a_correction_holds_up_is_not_said_to_begin(days: int, begins_now: bool) -> None:
    """The timer saw the days of the text before; it is worked out by that of now."""
    case, ninth = opened(LOW, together()), DOCUMENTS[NINTH]
    first, second = ninth["close_contact"]["stages"]
    text = {**ninth, "close_contact": {"stages": [{**first, "days": days}, second]}}
    policies = {**POLICIES, NINTH: policy_from(text, 1)}
    change = Change("next_stage", (begins(1, 7),), from_today=True)
    revision = revise(case, change, policies, Present.at(at(1, 7), CHINA))
    kinds = kinds_of_change(revision, case.team, asks_something_else=False)
    assert ("next_stage" in kinds) is begins_now


def test_a_withdrawn_policy_takes_no_stage_back() -> None:
    gone = {**POLICIES, TWENTY: replace(POLICIES[TWENTY], withdrawn=True)}
    stands = stand(LOW, together(), begins(1, 7, TWENTY), policies=gone)
    assert says(stands) == ("home_health_monitoring", 3, 10)


def home_again(day: int) -> Chapter:
    return Chapter(None, at(15, day), (), NINTH, discharged=True)


def test_whoever_comes_home_from_hospital_is_followed_for_that_alone() -> None:
    before = (known("high", left=0), together(), begins(1, 7))
    back = stand(*before, home_again(9))
    assert (back.rule.level, says(back)) == ("discharged", ("home_health_monitoring", 7, 16))
    assert back.day_zero == DAY + timedelta(days=9) and back.clock == at(15, 9), "its opening tasks are new"
    # what was known before, and comes late, asks for nothing more
    assert (back.is_contact, back.is_discharged) == (False, True)
    told_late = stand(*before, home_again(9), together(3, by="b", told=10))
    assert says(told_late) == says(back) and not told_late.is_contact, "as their page says it, too"
    assert says(stand(*before, home_again(9), known("high", left=0, version=2, day=11))) == says(back)
    again = stand(*before, home_again(9), together(12, by="b"))
    assert again.is_contact and again.is_discharged
    assert says(again) == ("central_isolation", 7, 19) and [one.rule.days for one in again.to_come] == [3]


def test_a_policy_that_does_not_say_how_they_go_on_asks_for_what_it_asked_before() -> None:
    silent = {NINTH: replace(POLICIES[NINTH], discharged=None)}
    chapters = (known("high", left=0), home_again(3))
    assert says(stand(*chapters, policies=silent)) == ("central_isolation", 7, 7)
    in_the_second = (LOW, together(), begins(1, 7), home_again(8))
    assert says(stand(*in_the_second, policies=silent)) == ("home_health_monitoring", 3, 10)
    as_low = {NINTH: replace(POLICIES[NINTH], discharged="low")}
    assert says(stand(*chapters, policies=as_low)) == ("self_monitoring", 3, 6)


def test_the_trial_of_a_policy_counts_the_stages_after_hospital() -> None:
    ninth = POLICIES[NINTH]
    second = replace(ninth.rules["low"], days=3)
    rules = {**ninth.rules, "discharged": replace(ninth.rules["discharged"], then=(second,))}
    case = opened(LOW, home_again(3))
    ends = _as_it_stands(case, {NINTH: replace(ninth, rules=rules)}, CHINA)
    assert (ends.on - case.release_on).days == 3


def entered(days_ago: int, *, level: str = "none", version: int = 1) -> Chapter:
    """They came on 1 October, and had entered the country that many days before."""
    came = known(level, left=0, version=version)
    return replace(came, entered_on=DAY - timedelta(days=days_ago))


@pytest.mark.parametrize(
    ("days_ago", "says_now", "then"),
    [
        (0, ("central_isolation", 7, 7), [3]),
        (3, ("central_isolation", 7, 4), [3]),
        (6, ("central_isolation", 7, 1), [3]),
        (7, ("home_health_monitoring", 3, 3), []),
        (9, ("home_health_monitoring", 3, 1), []),
        (10, ("inform_only", 0, 0), []),
    ],
)
def test_whoever_came_from_abroad_serves_what_is_left_since_the_day_of_entry(
    days_ago: int, says_now: tuple[str, int, int], then: list[int]
) -> None:
    stands = stand(entered(days_ago))
    assert says(stands) == says_now and [one.rule.days for one in stands.to_come] == then


def test_the_stage_at_home_of_whoever_came_from_abroad_follows_the_one_in_the_centre() -> None:
    assert says(stand(entered(3), begins(1, 4))) == ("home_health_monitoring", 3, 7)
    at_home = stand(entered(8))
    assert samples(at_home) == [(3, 2)], "of the stage before they were tested where they entered"


def test_of_entry_and_their_own_risk_the_stricter_holds_and_neither_ends_before_the_other() -> None:
    assert says(stand(entered(8, level="high"))) == ("central_isolation", 7, 7)
    both = stand(entered(2, level="high"))
    assert says(both) == ("central_isolation", 7, 5) and both.ends_on == DAY + timedelta(days=8)
    contact = stand(entered(8), together(1))
    assert says(contact) == ("central_isolation", 7, 8) and [one.rule.days for one in contact.to_come] == [3]
    assert says(stand(entered(2), home_again(3))) == ("home_health_monitoring", 7, 10)


def test_the_newest_report_says_when_they_entered() -> None:
    assert says(stand(entered(8), entered(3, version=2))) == ("central_isolation", 7, 4)
    assert says(stand(known("none", left=0), entered(8, version=2))) == ("home_health_monitoring", 3, 2)
    assert says(stand(entered(3), known("none", left=0, version=2))) == ("inform_only", 0, 0)
    for gone in (known("none", left=0, version=2), entered(30, version=2)):
        assert says(stand(entered(8), gone)) == ("inform_only", 0, 0)
        at_home = (entered(3), begins(1, 4), replace(gone, at=at(9, 5)))
        assert says(stand(*at_home)) == ("inform_only", 0, 0), "nothing is left of the stage either"


def test_a_policy_without_a_rule_for_entry_takes_them_as_whoever_came_from_elsewhere() -> None:
    silent = {NINTH: replace(POLICIES[NINTH], inbound=None)}
    assert says(stand(entered(3), policies=silent)) == ("inform_only", 0, 0)
    as_medium = {NINTH: replace(POLICIES[NINTH], inbound="medium")}
    assert says(stand(entered(3), policies=as_medium)) == ("home_isolation", 7, 4)


def test_the_trial_of_a_policy_counts_the_stages_after_entry() -> None:
    ends = _as_it_stands(opened(entered(3)), POLICIES, CHINA)
    assert ends.on == DAY + timedelta(days=7)


def test_readers_of_before_take_a_day_of_entry_for_an_exposure_that_asks_for_nothing() -> None:
    assert _chapter_row(entered(3))[2] == [["none", "2022-09-28"]]
    assert decide(POLICIES[NINTH], [Exposure("none", DAY)], DAY)[0].measure == "inform_only"


def test_a_chapter_of_a_stage_is_stored_and_read_again() -> None:
    story = (entered(2, level="high"), entered(1, version=2), LOW, together(), begins(1, 7), home_again(8))
    assert story_from([_chapter_row(one) for one in story]) == story

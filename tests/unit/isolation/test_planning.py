"""Day counting and plans: what a case must have done, for every hour somebody may come."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from field.days import local_day
from field.words import MEASURES
from services.isolation.cases.story import Chapter, Exposed, Standing, in_order, standing
from services.isolation.plans.planning import PlannedTask
from services.isolation.plans.replanning import Difference, difference
from services.isolation.plans.task import Task
from services.isolation.policies.counting import counted_from, day_number, release_day
from services.isolation.policies.documents import policy_from, shipped
from services.isolation.policies.rules import Exposure, Policy

CHINA = ZoneInfo("Asia/Shanghai")
POLICIES = {document["policy_id"]: policy_from(document, 1) for document in shipped()}
NINTH = "cn-2022-06"
DAY = date(2022, 10, 1)


def at(hour: float, day: int = 0) -> datetime:
    """That hour of day `day` after 1 October 2022 in China."""
    start = datetime(DAY.year, DAY.month, DAY.day, tzinfo=CHINA)
    return (start + timedelta(days=day, hours=hour)).astimezone(UTC)


def known(
    level: str, left: int | None = -1, *, hour: float = 6.5, day: int = 0, version: int | None = 1
) -> Chapter:
    left_on = None if left is None else DAY + timedelta(days=left)
    exposures = () if level == "none" else (Exposure(level, left_on),)
    return Chapter(version, at(hour, day), exposures, NINTH)


def stand(*chapters: Chapter, arrived: datetime | None = None) -> Standing:
    return standing(in_order(chapters), arrived or at(6), POLICIES, CHINA)


def outline(stands: Standing, through: int) -> list[tuple[str, int, str]]:
    tasks = stands.tasks(DAY + timedelta(days=through)).values()
    ordered = sorted(tasks, key=lambda task: (task.due_from, task.kind))
    return [(t.kind, t.day, t.due_from.astimezone(CHINA).strftime("%d %H:%M")) for t in ordered]


# -- counting ----------------------------------------------------------------------------------------------


@given(st.datetimes(datetime(2020, 1, 1), datetime(2024, 1, 1), timezones=st.just(UTC)), st.integers(0, 30))
def test_day_zero_is_the_day_of_arrival_in_the_jurisdictions_zone(moment: datetime, days: int):
    day = local_day(moment, CHINA)
    assert day == (moment + timedelta(hours=8)).date()
    zero = counted_from("arrival", arrival_day=day, left_on=day - timedelta(days=3))
    assert zero == day
    assert day_number(release_day(zero, days), zero) == days


@given(st.integers(-20, 5))
def test_days_since_leaving_the_risk_area_are_served_but_never_more_than_that(left: int):
    zero = counted_from("leaving", arrival_day=DAY, left_on=DAY + timedelta(days=left))
    assert zero == DAY + timedelta(days=min(left, 0))
    assert counted_from("leaving", arrival_day=DAY, left_on=None) == DAY


def test_seven_days_from_the_thirtieth_end_on_the_seventh():
    stands = stand(known("high", left=-1))
    assert (stands.day_zero, stands.release_on) == (date(2022, 9, 30), date(2022, 10, 7))


def test_days_are_counted_from_the_local_day_of_the_arrival_not_from_that_in_utc():
    stands = stand(known("low", hour=0.5), arrived=at(0.2))
    assert at(0.2).date() == date(2022, 9, 30)
    assert stands.day_zero == DAY


# -- examples ----------------------------------------------------------------------------------------------


def test_a_case_of_the_ninth_edition_opens_with_its_first_tasks_today_and_tomorrow():
    assert outline(stand(known("high", left=0, hour=12), arrived=at(12)), 1) == [
        ("escort_to_site", 0, "01 12:00"),
        ("first_contact", 0, "01 12:00"),
        ("signed_notice", 0, "01 12:00"),
        ("check_in", 0, "01 16:00"),
        ("check_in", 1, "02 08:00"),
        ("test", 1, "02 09:00"),
        ("check_in", 1, "02 16:00"),
    ]


@pytest.mark.parametrize(
    ("level", "days"), [("high", [1, 2, 3, 5, 7]), ("medium", [1, 4, 7]), ("low", [1, 3]), ("none", [])]
)
def test_tests_fall_on_the_published_days(level: str, days: list[int]):
    tasks = stand(known(level, left=0)).tasks(DAY + timedelta(days=30)).values()
    assert sorted(task.day for task in tasks if task.kind == "test") == days


def test_a_case_opened_on_day_four_is_tested_at_once_for_the_days_passed():
    stands = stand(known("high", left=-4, hour=20), arrived=at(20))
    tests = [line for line in outline(stands, 30) if line[0] == "test"]
    assert tests == [("test", 4, "01 20:00"), ("test", 5, "02 09:00"), ("test", 7, "04 09:00")]


def test_a_test_of_a_day_whose_window_is_past_is_made_up_for_a_check_in_is_not():
    stands = stand(known("high", left=-1, hour=21), arrived=at(21))
    today = [line for line in outline(stands, 0) if line[0] in ("test", "check_in")]
    assert today == [("test", 1, "01 21:00")]


def of_a_city(level: str, **changes: Any) -> dict[str, Policy]:
    """The ninth edition with one level as a city wants it."""
    document = next(one for one in shipped() if one["policy_id"] == "cn-2022-06")
    changed = {**document["levels"][level], **changes}
    return {"cn-2022-06": policy_from({**document, "levels": {**document["levels"], level: changed}}, 1)}


def samples_of(policies: dict[str, Policy], *chapters: Chapter, arrived: datetime) -> list[tuple[int, str]]:
    lines = outline(standing(list(chapters), arrived, policies, CHINA), 30)
    return [(day, when) for kind, day, when in lines if kind == "test"]


def test_the_day_of_arrival_counts_as_day_1_where_the_policy_says_so():
    city = of_a_city("low", arrival_is_day=1)
    stands = standing([known("low", hour=20)], at(20), city, CHINA)
    assert (stands.day_zero, stands.release_on) == (date(2022, 9, 30), date(2022, 10, 3))
    assert stands.rule.first_day(stands.day_zero, stands.arrival_day) == DAY
    together = Chapter(None, at(10), (), NINTH, exposed=Exposed("another", DAY + timedelta(days=1)))
    as_low = {NINTH: replace(city[NINTH], close_contact="low")}
    anew = standing([known("low", hour=6), together], at(6), as_low, CHINA)
    assert anew.rule.arrival_is_day and anew.day_zero == DAY + timedelta(days=1)
    assert anew.rule.first_day(anew.day_zero, anew.arrival_day) == anew.day_zero
    assert samples_of(city, known("low", hour=20), arrived=at(20)) == [(1, "01 20:00"), (3, "03 09:00")]
    assert standing([known("low")], at(6), POLICIES, CHINA).release_on == date(2022, 10, 4)


def test_all_tests_of_days_that_have_passed_are_made_up_a_day_apart_where_the_policy_says_so():
    """Days 1, 2 and 3 have passed on day 4: one at once, the others on days that have none of their own."""
    tests = POLICIES["cn-2022-06"].rules["high"].tests
    assert tests
    asked = {"role": tests.role, "days": [1, 2, 3, 6, 8], "window": ["09:00", "17:00"], "catch_up": True}
    city = of_a_city("high", days=8, tests={**asked, "hours_apart": 24})
    found = samples_of(city, known("high", left=-4, hour=12), arrived=at(12))
    # day 5 not before noon, for the one of day 4 was at noon
    assert found == [(4, "01 12:00"), (5, "02 12:00"), (6, "03 09:00"), (7, "04 09:00"), (8, "05 09:00")]
    late = samples_of(city, known("high", left=-4, hour=20), arrived=at(20))
    assert late == [(4, "01 20:00"), (6, "03 09:00"), (7, "04 09:00"), (8, "05 09:00")], (
        "24 hours later it is night"
    )
    # the same comes out when something else became known meanwhile
    again = known("high", left=-4, hour=15, version=2)
    assert samples_of(city, known("high", left=-4, hour=12), again, arrived=at(12)) == found
    without = of_a_city("high", days=8, tests=asked)
    assert [day for day, _ in samples_of(without, known("high", left=-4, hour=12), arrived=at(12))] == [
        4,
        6,
        8,
    ]


def test_a_test_that_a_measure_before_asked_for_is_not_made_up_for():
    asked = {"role": "health_worker", "days": [1, 4, 8], "window": ["09:00", "17:00"], "catch_up": True}
    city = of_a_city("high", days=8, tests={**asked, "hours_apart": 24})
    found = samples_of(city, known("medium", left=0), known("high", left=0, hour=8, day=5), arrived=at(6))
    assert [day for day, _ in found] == [1, 4, 8]


@pytest.mark.parametrize(
    ("days", "on", "tested"),
    [([1, 2, 3, 8], 5, [1, 4, 8]), ([1, 3, 8], 4, [1, 4, 8]), ([1, 2, 4, 5, 8], 6, [1, 4, 6, 8])],
)
def test_whoever_changes_measure_is_tested_at_once_only_where_no_test_was_asked_for_since(
    days: list[int], on: int, tested: list[int]
) -> None:
    """Before, tests of days 1, 4 and 7 were asked for."""
    asked = {"role": "health_worker", "days": days, "window": ["09:00", "17:00"], "catch_up": True}
    city = of_a_city("high", days=8, tests=asked)
    found = samples_of(city, known("medium", left=0), known("high", left=0, hour=8, day=on), arrived=at(6))
    assert [day for day, _ in found] == tested


def test_whoever_lives_with_somebody_positive_has_a_rule_of_their_own_where_the_policy_has_one():
    document = next(one for one in shipped() if one["policy_id"] == "cn-2022-06")
    own = {**document["levels"]["high"], "days": 5, "counted_from": "last_exposure", "tests": None}
    city = {"cn-2022-06": policy_from({**document, "close_contact": own}, 1)}
    exposed = Chapter(None, at(10), (), "cn-2022-06", exposed=Exposed("other", DAY))
    stands = standing([known("low"), exposed], at(6), city, CHINA)
    assert (stands.rule.level, stands.rule.measure) == ("close_contact", "central_isolation")
    assert (stands.day_zero, stands.release_on) == (DAY, date(2022, 10, 6))
    assert standing([known("low"), exposed], at(6), POLICIES, CHINA).release_on == date(2022, 10, 8)


def test_inform_only_is_one_task():
    assert [kind for kind, _, _ in outline(stand(known("none")), 30)] == ["inform"]


def test_the_last_day_ends_with_disinfection_and_the_release_visit():
    stands = stand(known("medium", left=-1))
    assert outline(stands, 30)[-3:] == [
        ("disinfection", 7, "07 09:00"),
        ("test", 7, "07 09:00"),
        ("release_visit", 7, "07 14:00"),
    ]


def test_somebody_found_after_all_days_are_served_is_still_visited_and_released():
    stands = stand(known("high", left=-1, day=9, hour=20))
    kinds = {kind for kind, _, _ in outline(stands, 30)}
    assert stands.last_day == date(2022, 10, 10)
    assert {"first_contact", "release_visit", "test"} <= kinds and "check_in" not in kinds


def test_an_arrival_expected_tomorrow_has_no_task_due_before():
    stands = stand(known("medium", left=1, hour=6), arrived=at(15, day=2))
    assert outline(stands, 1) == []
    assert outline(stands, 2)[0] == ("first_contact", 1, "03 15:00")


def test_a_raised_risk_starts_the_stricter_measure_and_counts_the_days_served():
    stands = stand(known("none"), known("medium", left=-1, hour=10, day=3, version=2))
    lines = outline(stands, 4)
    assert ("first_contact", 4, "04 10:00") in lines and ("signed_notice", 4, "04 10:00") in lines
    assert not any(kind == "inform" for kind, _, _ in lines)
    assert stands.release_on == date(2022, 10, 7)
    # a test of day 1 passed unmade; day 4 is today, and its window has begun
    assert [line for line in lines if line[0] == "test"] == [("test", 4, "04 10:00")]


def test_a_reassessment_that_leaves_the_measure_as_it_is_restarts_no_clock():
    once = stand(known("high"))
    twice = stand(known("high"), known("high", hour=15, version=2))
    assert outline(twice, 30) == outline(once, 30)


def test_an_earlier_leaving_day_shifts_the_days_and_keeps_what_was_first_asked():
    stands = stand(known("high", left=0), known("high", left=-2, hour=15, version=2))
    lines = outline(stands, 30)
    assert stands.release_on == date(2022, 10, 6)
    assert ("release_visit", 7, "06 14:00") in lines
    assert ("first_contact", 2, "01 06:30") in lines


def test_a_policy_changes_open_cases_only_if_it_says_that_it_applies_to_them():
    version = known("high", left=0)
    began = Chapter(None, at(0, day=3), (), "cn-2022-11")
    assert stand(version, began).rule.measure == "home_isolation"
    quiet = {**POLICIES, "cn-2022-11": replace(POLICIES["cn-2022-11"], applies_to_open_cases=False)}
    assert standing([version, began], at(6), quiet, CHINA).rule.measure == "central_isolation"


# -- properties --------------------------------------------------------------------------------------------

levels = st.sampled_from(("none", "low", "medium", "high"))
versions = st.builds(
    known,
    levels,
    st.none() | st.integers(-9, 0),
    hour=st.floats(0, 23.9).map(lambda h: round(h, 2)),
    day=st.integers(0, 8),
)
arrivals = st.floats(0, 23.9).map(lambda h: at(round(h, 2)))


@st.composite
def stories(draw: st.DrawFn) -> list[Chapter]:
    found = sorted(draw(st.lists(versions, min_size=1, max_size=4)), key=lambda c: c.at)
    return [replace(chapter, version=number) for number, chapter in enumerate(found, 1)]


@given(stories(), arrivals, st.randoms(use_true_random=False), st.integers(0, 15))
def test_whatever_comes_first_the_case_and_its_tasks_are_the_same(story, arrived, random, through):
    shuffled = list(story)
    random.shuffle(shuffled)
    one, other = stand(*story, arrived=arrived), stand(*shuffled, arrived=arrived)
    assert (one.rule, one.release_on, one.last_day) == (other.rule, other.release_on, other.last_day)
    assert one.tasks(DAY + timedelta(days=through)) == other.tasks(DAY + timedelta(days=through))


@given(stories(), arrivals)
def test_planning_day_by_day_gives_the_same_tasks_as_planning_at_once(story, arrived):
    stands = stand(*story, arrived=arrived)
    tasks = {}
    for day in range(25):
        today = stands.tasks(DAY + timedelta(days=day))
        assert {**tasks, **today} == today, "a further day takes nothing back"
        tasks = today
    assert tasks == stands.tasks(DAY + timedelta(days=60)), "nothing is planned beyond the last day"


@given(versions, arrivals)
def test_nobody_is_tested_twice_a_day_and_every_day_of_testing_left_is_planned(chapter, arrived):
    stands = stand(chapter, arrived=arrived)
    found = Counter(
        local_day(t.due_from, CHINA) for t in stands.tasks(stands.last_day).values() if t.kind == "test"
    )
    assert not found or max(found.values()) == 1
    if stands.rule.tests:
        first = local_day(stands.clock, CHINA)
        left = {stands.day_zero + timedelta(days=d) for d in stands.rule.tests.days}
        assert {d for d in left if first <= d <= stands.last_day} <= set(found)


def test_what_is_done_on_the_last_day_is_not_asked_for_before_it_was_set_though_told_twice():
    once, again = known("medium", left=-7, hour=10), replace(known("medium", left=-7, hour=10), version=2)
    story = [replace(chapter, policy_id="cn-2022-06") for chapter in (once, again)]
    stands = stand(*story, arrived=at(10))
    assert stands.last_day == local_day(at(10), CHINA)
    assert all(task.due_from >= at(10) for task in stands.tasks(stands.last_day).values())


@given(stories(), arrivals)
def test_every_task_begins_before_it_ends_and_none_is_asked_before_the_arrival(story, arrived):
    stands = stand(*story, arrived=arrived)
    for (kind, due_from), task in stands.tasks(stands.last_day).items():
        assert (task.kind, task.due_from) == (kind, due_from)
        assert arrived <= task.due_from < task.due_by
        assert task.day == day_number(local_day(task.due_from, CHINA), stands.day_zero) or len(story) > 1


@given(stories(), arrivals)
def test_the_measure_in_force_always_begins_with_its_opening_tasks(story, arrived):
    stands = stand(*story, arrived=arrived)
    tasks = stands.tasks(DAY + timedelta(days=60)).values()
    for wanted in stands.rule.opening:
        found = [task for task in tasks if task.kind == wanted.kind]
        ends = stands.policy.ladders.awake(wanted.kind, stands.clock + wanted.within)
        assert [(t.due_from, t.due_by) for t in found] == [(stands.clock, ends)]
    for release in stands.rule.on_release:
        assert sum(task.kind == release.kind for task in tasks) == 1


@given(stories(), arrivals)
def test_isolation_never_ends_before_its_days_are_served(story, arrived):
    stands = stand(*story, arrived=arrived)
    assert (stands.release_on - stands.day_zero).days == stands.rule.days
    assert stands.day_zero <= local_day(arrived, CHINA)
    assert stands.last_day >= stands.release_on
    assert stands.rule.measure in MEASURES


# -- from one plan to another ------------------------------------------------------------------------------


def written(task_id: str, planned: PlannedTask, state: str) -> Task:
    kind, day, due_from, due_by, role, _ = planned
    return Task(task_id, "case", kind, "", day, due_from, due_by, role, None, state, 0, None)


def carry_out(tasks: dict[str, Task], found: Difference) -> dict[str, Task]:
    after = dict(tasks)
    for planned in found.new:
        after[f"t{len(after)}"] = written(f"t{len(after)}", planned, "due")
    for task, planned in found.again:
        after[task.task_id] = written(task.task_id, planned, "due")
    for task in found.overtaken:
        after[task.task_id] = task.cancelled()
    return after


@given(st.lists(stories(), min_size=2, max_size=5), arrivals, st.integers(0, 12))
@settings(max_examples=60)
def test_after_any_changes_of_plan_the_live_tasks_are_those_of_the_last(plans, arrived, through):
    tasks: dict[str, Task] = {}
    for story in plans:
        stands = stand(*story, arrived=arrived)
        wanted = stands.tasks(DAY + timedelta(days=through))
        opening = stands.opening_kinds
        found = difference(tasks.values(), wanted, opening=opening, clock=stands.clock)
        before = len(tasks)
        tasks = carry_out(tasks, found)
        assert len(tasks) >= before, "history stays"
        live = {(t.kind, t.due_from): t for t in tasks.values() if t.state == "due"}
        assert live.keys() == wanted.keys()
        assert all(written(live[key].task_id, t, "due") == live[key] for key, t in wanted.items())
        assert not difference(tasks.values(), wanted, opening=opening, clock=stands.clock).new


def test_finished_tasks_stay_done_and_are_not_planned_again():
    stands = stand(known("high"))
    wanted = stands.tasks(DAY)
    done = [written(str(n), task, "done") for n, task in enumerate(wanted.values())]
    laxer = stand(known("high"), known("none", hour=9, version=2))
    opening = {"inform", "first_contact", "signed_notice", "escort_to_site"}
    found = difference(done, laxer.tasks(DAY), opening=opening, clock=laxer.clock)
    assert [task.kind for task in found.new] == ["inform"] and not found.overtaken and not found.again


def test_a_change_of_policy_leaves_past_days_as_they_were():
    before = stand(known("high", left=0))
    tasks = [written(str(n), task, "missed") for n, task in enumerate(before.tasks(DAY).values())]
    after = stand(known("high", left=0), Chapter(None, at(0, day=3), (), "cn-2022-11"))
    found = difference(
        tasks,
        after.tasks(DAY + timedelta(days=4)),
        opening={"first_contact", "signed_notice", "supplies", "escort_to_site"},
        clock=after.clock,
        untouched_before=at(0, day=3),
    )
    assert {task.kind for task in found.overtaken} == {"first_contact", "signed_notice", "escort_to_site"}
    assert min(task.due_from for task in found.new) == at(0, day=3)

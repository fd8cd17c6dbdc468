"""A case is revised when something new is known: stricter, laxer, opened again, or only noted."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.isolation.cases import states
from services.isolation.cases.case import Arrival, Case
from services.isolation.cases.revising import Change, Revision, day_to_plan, kinds_of_change, revise
from services.isolation.cases.story import Chapter, standing
from services.isolation.plans.present import Present
from services.isolation.policies.documents import policy_from, shipped
from services.isolation.policies.rules import Exposure, Policy
from services.isolation.teams.rules import Member

CHINA = ZoneInfo("Asia/Shanghai")
DOCUMENTS = {document["policy_id"]: document for document in shipped()}
POLICIES = {policy_id: policy_from(document, 1) for policy_id, document in DOCUMENTS.items()}
NINTH = "cn-2022-06"
DAY = date(2022, 10, 1)
NOON = datetime(2022, 10, 1, 4, tzinfo=UTC)
WORKER = Member("grid_worker", "worker-1")


def present(day: int = 0) -> Present:
    """Noon of a day after 1 October 2022."""
    return Present.at(NOON + timedelta(days=day), CHINA)


def known(level: str, left: int = -1, *, day: int = 0, version: int | None = 1) -> Chapter:
    exposures = () if level == "none" else (Exposure(level, DAY + timedelta(days=left)),)
    return Chapter(version, NOON + timedelta(days=day), exposures, NINTH)


def opened(*story: Chapter, state: str = states.OPEN, released_on: int | None = None) -> Case:
    """A case as it was opened on 1 October, and perhaps released since."""
    stands = standing(story, NOON, POLICIES, CHINA)
    closed_at = None if released_on is None else NOON + timedelta(days=released_on)
    return Case(
        case_id="c",
        version=1,
        arrival=Arrival(1, NOON, "sealed", "zh-CN", None, "620102", "s", "c", "g", None),
        state=state,
        story=story,
        measure=stands.rule.measure,
        days=stands.rule.days,
        counted_from=stands.day_zero,
        release_on=stands.release_on,
        risk_level=stands.risk_level,
        policy_id=stands.policy.policy_id,
        policy_version=stands.policy.version,
        policies_seen=0,
        team=(WORKER,),
        team_lacks=(),
        unassigned_since=None,
        staff_seen=0,
        tasks_planned=0,
        plan_number=0,
        planned_until=DAY + timedelta(days=1),
        plan_next=day_to_plan(DAY + timedelta(days=1), stands),
        history_lines=1,
        opened_at=NOON,
        closed_at=closed_at,
        correlation_id="report",
    )


def learn(case: Case, *chapters: Chapter, day: int = 0, policies: dict[str, Policy] = POLICIES) -> Revision:
    newest = max(chapter.version or 0 for chapter in (*case.story, *chapters))
    change = Change("stop_added", chapters, replace(case.arrival, version=newest, person="sealed again"))
    return revise(case, change, policies, present(day))


# -- cases that are followed -------------------------------------------------------------------------------


def test_a_riskier_stop_makes_the_case_stricter_and_days_served_count():
    revision = learn(opened(known("low")), known("high", -2, day=1, version=2), day=1)
    case = revision.case
    assert revision.direction == "stricter" and not revision.only_noted
    assert (case.measure, case.days, case.risk_level) == ("central_isolation", 7, "high")
    assert case.counted_from == DAY - timedelta(days=2) and case.release_on == DAY + timedelta(days=5)
    assert (case.arrival.version, case.arrival.person) == (2, "sealed again")


def test_a_laxer_assessment_ends_the_plan_earlier():
    revision = learn(opened(known("high")), known("none", version=2))
    assert (revision.direction, revision.case.measure) == ("laxer", "inform_only")
    assert opened(known("high")).plan_next and revision.case.plan_next is None


def test_the_days_that_are_planned_already_stay_planned():
    far = replace(opened(known("high")), planned_until=DAY + timedelta(days=5))
    assert learn(far, known("high", -2, version=2)).case.planned_until == DAY + timedelta(days=5)


@pytest.mark.parametrize(
    ("level", "state"),
    [("high", states.ACTIVE), ("low", states.RELEASE_REVIEW), ("none", states.ACTIVE)],
)
def test_a_release_under_review_is_taken_back_by_another_measure_only(level: str, state: str):
    case = opened(known("low"), state=states.RELEASE_REVIEW)
    assert learn(case, known(level, version=2)).case.state == state


@pytest.mark.parametrize("state", sorted(states.FOLLOWED - {states.RELEASE_REVIEW}))
def test_every_other_followed_case_keeps_its_state(state: str):
    assert learn(opened(known("low"), state=state), known("high", version=2)).case.state == state


# -- cases that have ended ---------------------------------------------------------------------------------


def test_a_released_case_opens_again_for_a_stricter_measure_with_days_left():
    revision = learn(
        opened(known("low"), state=states.RELEASED, released_on=3), known("high", day=4, version=2), day=4
    )
    assert not revision.only_noted
    assert (revision.case.state, revision.case.closed_at) == (states.OPEN, None)
    assert revision.case.plan_next == DAY + timedelta(days=6), "tomorrow is planned at once"


@pytest.mark.parametrize(
    ("chapter", "day"),
    [
        (known("low", -1, day=4, version=2), 4),
        (known("none", day=4, version=2), 4),
        (known("low", -2, day=4, version=2), 4),
        (known("high", -6, day=4, version=2), 4),
    ],
    ids=["the same", "laxer", "shorter", "stricter, but its days are served"],
)
def test_a_released_case_stays_released_otherwise(chapter: Chapter, day: int):
    case = opened(known("low"), state=states.RELEASED, released_on=3)
    revision = learn(case, chapter, day=day)
    assert revision.only_noted
    heard = replace(case.arrival, version=2, person="sealed again")
    assert revision.case == replace(
        case, story=(*case.story, chapter), arrival=replace(case.arrival, version=2), heard=heard
    ), "only the story goes on, and what is heard stands beside it"


@pytest.mark.parametrize("state", sorted(states.CLOSED - {states.RELEASED}))
def test_a_case_that_ended_in_another_way_stays_closed(state: str):
    assert learn(opened(known("low"), state=state, released_on=1), known("high", version=2)).only_noted


# -- corrections of a policy -------------------------------------------------------------------------------


def corrected(days: int) -> dict[str, Policy]:
    """The ninth edition with another number of days of health monitoring."""
    document = DOCUMENTS[NINTH]
    low = {**document["levels"]["low"], "days": days, "tests": None}
    return {**POLICIES, NINTH: policy_from({**document, "levels": {**document["levels"], "low": low}}, 2)}


@pytest.mark.parametrize(("days", "direction"), [(5, "stricter"), (3, None), (1, "laxer")])
def test_a_corrected_policy_becomes_a_chapter_if_it_moves_the_release(days: int, direction: str | None):
    case = opened(known("low", 0))
    revision = revise(case, Change("policy_changed", from_today=True), corrected(days), present(2))
    assert revision.direction == direction
    assert len(revision.case.story) == 1 + (direction is not None)
    assert (revision.case.days, revision.case.policy_version) == (days, 2)


def test_a_correction_below_the_days_served_ends_the_measure_that_day():
    case = opened(known("low", 0))
    revision = revise(case, Change("policy_changed", from_today=True), corrected(1), present(2))
    assert revision.case.release_on == DAY + timedelta(days=1)
    assert revision.standing.last_day == DAY + timedelta(days=2)


# -- what others must know ---------------------------------------------------------------------------------


def kinds(revision: Revision, *team: Member, asks_something_else: bool = False) -> list[str]:
    return kinds_of_change(revision, team or (WORKER,), asks_something_else=asks_something_else)


def test_others_hear_of_a_new_measure_new_days_a_new_owner_and_new_details():
    case = opened(known("low"))
    same = learn(case, known("low", version=2))
    assert kinds(same) == []
    assert kinds(same, asks_something_else=True) == ["rescheduled"]
    stricter = learn(case, known("high", version=2))
    assert kinds(stricter, asks_something_else=True) == ["stricter"]
    another = Member("grid_worker", "worker-2")
    assert kinds(same, another) == ["assigned"]
    elsewhere = replace(same.case, arrival=replace(same.case.arrival, grid="g-2"))
    assert kinds(replace(same, case=elsewhere), another) == ["assigned", "details"]
    assert kinds(replace(same, change=replace(same.change, details=True))) == ["details"]


def test_a_team_that_changes_behind_its_owner_is_a_detail():
    same = learn(opened(known("low")), known("low", version=2))
    assert kinds(same, WORKER, Member("police", "p")) == ["details"]
    assert kinds_of_change(same, (), asks_something_else=False) == ["details"], "nobody has it now"


# -- whatever becomes known --------------------------------------------------------------------------------

levels = st.sampled_from(("none", "low", "medium", "high"))
news = st.lists(st.tuples(levels, st.integers(-9, 0), st.integers(0, 6)), min_size=1, max_size=4)


def chapters_of(found: list[tuple[str, int, int]]) -> list[Chapter]:
    days = sorted(day for _, _, day in found)
    return [
        known(level, left, day=day, version=version)
        for version, ((level, left, _), day) in enumerate(zip(found, days, strict=True), 2)
    ]


@given(news, st.randoms(use_true_random=False))
def test_whatever_comes_first_the_case_ends_the_same(found, random):
    chapters = chapters_of(found)
    in_turn = shuffled = opened(known("low"))
    for chapter in chapters:
        in_turn = learn(in_turn, chapter, day=6).case
    for chapter in random.sample(chapters, len(chapters)):
        shuffled = learn(shuffled, chapter, day=6).case
    at_once = learn(opened(known("low")), *chapters, day=6).case
    assert in_turn == shuffled == at_once


@given(news, st.sampled_from(states.CASE.states), st.integers(0, 9))
def test_a_case_is_closed_exactly_as_long_as_its_state_says_so(found, state: str, day: int):
    released_on = 0 if state in states.CLOSED else None
    revision = learn(opened(known("low"), state=state, released_on=released_on), *chapters_of(found), day=day)
    assert (revision.case.closed_at is not None) == (revision.case.state in states.CLOSED)
    assert revision.only_noted == (revision.case.state in states.CLOSED)
    if revision.case.state != state:
        assert revision.direction == "stricter" or (state == states.RELEASE_REVIEW and revision.direction)
        assert revision.case.state in states.CASE.following[state]


@given(news, st.integers(0, 9))
def test_nothing_new_changes_nothing(found, day: int):
    case = learn(opened(known("low")), *chapters_of(found), day=day).case
    again = revise(case, Change("looked_at"), POLICIES, present(day))
    assert again.case == case and again.direction is None and kinds(again) == []


def at(case: Case, version: int, community: str) -> Revision:
    """News of an arrival that lies elsewhere."""
    there = replace(case.arrival, version=version, community=community, person=f"sealed {version}")
    change = Change("address_changed", (known("medium", version=version),), there)
    return revise(case, change, POLICIES, present(8))


def opened_again(case: Case) -> Case:
    return revise(case, Change("reopened", reopened=True), POLICIES, present(9)).case


def test_what_is_heard_after_the_end_counts_when_the_case_opens_again() -> None:
    ended = opened(known("medium"), state=states.RELEASED, released_on=7)
    after = at(at(ended, 2, "c2").case, 3, "c3").case
    assert (after.arrival.community, after.arrival.person) == ("c", "sealed"), "it keeps what it ended with"
    assert after.closed_at == ended.closed_at
    again = opened_again(after)
    assert (again.arrival.community, again.arrival.person, again.arrival.version) == ("c3", "sealed 3", 3)
    assert again.heard is None and opened_again(ended).arrival == ended.arrival


def test_facts_that_are_older_than_what_was_heard_count_for_nothing() -> None:
    """A process of the version before hears news and keeps none of its facts."""
    after = at(opened(known("medium"), state=states.RELEASED, released_on=7), 2, "c2").case
    after = replace(after, arrival=replace(after.arrival, version=3))
    assert opened_again(after).arrival == after.arrival


def test_of_a_case_that_is_stripped_nothing_is_kept() -> None:
    ended = opened(known("medium"), state=states.RELEASED, released_on=7)
    after = at(replace(ended, stripped_at=NOON + timedelta(days=200)), 2, "c2").case
    assert after.heard is None and after.arrival.version == 2

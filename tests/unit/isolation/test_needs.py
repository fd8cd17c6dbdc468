"""By when a need is met and by whom, and where it stands."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from field.words import NEED_KINDS, NEED_STATES
from services.isolation.needs.rules import (
    AT_LEAST,
    KINDS_OF_TASK,
    MEDICINE,
    OPEN,
    Asked,
    days_left_now,
    faults_of,
    state_of,
    task_of,
)
from services.isolation.plans import states
from services.isolation.plans.tables import TAKEN_BACK
from services.isolation.policies.documents import policy_from, shipped
from services.isolation.policies.rules import SEE_ABNORMAL, SETTLE_REFUSAL

CHINA = ZoneInfo("Asia/Shanghai")
POLICY = policy_from(shipped()[0], 1)
NOON = datetime(2022, 10, 1, 12, tzinfo=CHINA)
moments = st.datetimes(datetime(2022, 1, 1), datetime(2023, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("kind", "days_left", "role", "task", "hours"),
    [
        ("food", None, "grid_worker", "meet_need", 8),
        ("medical", None, "health_worker", "medical_need", 0.5),
        ("psychological", None, "health_worker", "meet_need", 12),
        ("other", None, "grid_worker", "meet_need", 24),
        ("medicine", None, "grid_worker", "meet_need", 12),
        ("medicine", 0, "health_worker", "medical_need", 4),
        ("medicine", 1, "health_worker", "medical_need", 4),  # it ends today
        ("medicine", 2, "grid_worker", "meet_need", 6),  # tomorrow: until 18:00
        ("medicine", 3, "grid_worker", "meet_need", 30),
    ],
)
def test_each_kind_has_its_term_and_whoever_meets_it(
    kind: str, days_left: int | None, role: str, task: str, hours: float
) -> None:
    found = task_of(Asked(kind, days_left), POLICY.needs, NOON, CHINA)
    assert (found.role, found.kind, found.within) == (role, task, timedelta(hours=hours))
    assert POLICY.ladders.of(found.kind).urgent == Asked(kind, days_left).is_urgent == (task != "meet_need")


@given(days_left=st.integers(2, 90), now=moments)
def test_medicine_is_there_before_its_last_day_begins(days_left: int, now: datetime) -> None:
    within = task_of(Asked(MEDICINE, days_left), POLICY.needs, now, CHINA).within
    last_day = now.astimezone(CHINA).date() + timedelta(days=days_left - 1)
    begins = datetime.combine(last_day, time.min, CHINA)
    assert within >= AT_LEAST
    assert now + within < begins or within == AT_LEAST


@given(days_left=st.integers(0, 89), now=moments)
def test_who_has_more_left_waits_no_less(days_left: int, now: datetime) -> None:
    sooner, later = (
        task_of(Asked(MEDICINE, left), POLICY.needs, now, CHINA).within for left in (days_left, days_left + 1)
    )
    assert sooner <= later


@pytest.mark.parametrize(
    ("said", "left_then", "left_now"),
    [
        (NOON, 3, 3),
        (NOON - timedelta(hours=11), 3, 3),  # the same day
        (NOON - timedelta(hours=13), 3, 2),  # before midnight
        (NOON - timedelta(days=2), 3, 1),
        (NOON - timedelta(days=9), 3, 0),
        (NOON + timedelta(days=1), 3, 3),  # a phone whose clock is wrong
        (NOON - timedelta(days=2), None, None),
    ],
)
def test_days_of_medicine_are_counted_from_when_it_was_said(
    said: datetime, left_then: int | None, left_now: int | None
) -> None:
    assert days_left_now(left_then, said.astimezone(UTC), NOON.astimezone(UTC), CHINA) == left_now


def test_a_policy_names_other_terms_for_the_kinds_that_it_names() -> None:
    policy = policy_from(
        shipped()[0] | {"needs": {"food": {"role": "community_cadre", "within_minutes": 90}}}, 1
    )
    assert policy.needs["food"].role == "community_cadre"
    assert policy.needs["food"].within == timedelta(minutes=90)
    assert policy.needs.keys() == set(NEED_KINDS)
    assert policy.needs["other"] == POLICY.needs["other"]


@pytest.mark.parametrize("task", sorted(states.TASK.states))
def test_each_state_of_the_task_is_one_of_the_need_and_open_as_long_as_the_task_is(task: str) -> None:
    for seen in (False, True):
        state = state_of(task, seen=seen, withdrawn=False)
        assert state in NEED_STATES
        assert (state in OPEN) == (task in states.LIVE)
    assert state_of(states.CANCELLED, seen=False, withdrawn=True) == "withdrawn"
    assert state_of(states.DONE, seen=True, withdrawn=True) == "met"  # it was on its way already


@pytest.mark.parametrize(
    ("kind", "text", "days_left", "needs_cold", "wrong"),
    [
        ("food", None, None, False, ["missing"]),
        ("food", "  ", None, False, ["missing"]),
        ("food", "rice", 3, False, ["only_medicine"]),
        ("other", "ice", None, True, ["only_medicine"]),
        ("medicine", None, None, True, ["missing"]),
        ("medicine", None, 3, True, []),
        ("medicine", "insulin", None, True, []),
        ("medicine", "insulin", 91, True, ["out_of_range"]),
        ("medicine", "insulin", -1, True, ["out_of_range"]),
    ],
)
def test_what_is_asked_for_says_enough(
    kind: str, text: str | None, days_left: int | None, needs_cold: bool, wrong: list[str]
) -> None:
    assert [one.code for one in faults_of(kind, text, days_left, needs_cold=needs_cold)] == wrong


def test_the_index_of_tasks_that_were_taken_back_is_of_all_that_is_planned_again() -> None:
    for kind in (*KINDS_OF_TASK, SETTLE_REFUSAL, SEE_ABNORMAL):
        assert f"'{kind}'" in TAKEN_BACK.text

"""When leave to go out is possible, who decides on it by when, and where it stands (P10, P43)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from field.words import PERMIT_KINDS, PERMIT_STATES
from services.isolation.permits.rules import (
    AT_LEAST,
    BEFORE,
    EMERGENCY,
    EMERGENCY_LASTS,
    LONGEST,
    Outing,
    asked_for,
    faults_of,
    state_of,
    stays_until,
    task_of,
)
from services.isolation.plans.tables import TAKEN_BACK
from services.isolation.policies.documents import policy_from, shipped
from services.isolation.policies.rules import PERMIT_TASKS, URGENT_PERMIT

CHINA = ZoneInfo("Asia/Shanghai")
POLICY = policy_from(shipped()[0], 1)
NOON = datetime(2022, 10, 1, 12, tzinfo=CHINA)
UNTIL = datetime(2022, 10, 8, tzinfo=CHINA)


def hours(begins: float, ends: float) -> Outing:
    """From noon on."""
    return Outing(NOON + timedelta(hours=begins), NOON + timedelta(hours=ends))


def codes(*outings: Outing, kind: str = "treatment", taken: tuple[Outing, ...] = ()) -> list[str]:
    wanted = asked_for(kind, outings, NOON)
    return [fault.code for fault in faults_of(kind, wanted, NOON, UNTIL, taken, CHINA)]


@pytest.mark.parametrize(
    ("outings", "wrong"),
    [
        ([hours(2, 5)], []),
        ([hours(0, 5)], []),
        ([hours(2, 5), hours(26, 29)], []),
        ([hours(26, 29), hours(2, 5)], []),
        ([], ["missing"]),
        ([hours(5, 2)], ["ends_before"]),
        ([hours(2, 2)], ["ends_before"]),
        ([hours(2, 75)], ["too_long"]),
        ([hours(-1, 3)], ["in_the_past"]),
        ([hours(2, 5), hours(4, 6)], ["overlap_each_other"]),
        ([hours(150, 157)], ["beyond_measure"]),
        ([hours(-3, -1), hours(150, 157)], ["in_the_past", "beyond_measure"]),
        ([hours(10, 12)], ["taken"]),
    ],
)
def test_what_is_not_possible_is_refused_with_all_reasons_at_once(
    outings: list[Outing], wrong: list[str]
) -> None:
    assert codes(*outings, taken=(hours(11, 14),)) == wrong


def test_each_fault_says_what_would_be_possible() -> None:
    until = faults_of("other", [hours(150, 157)], NOON, UNTIL, (), CHINA)
    assert [one.message for one in until] == [
        "the measure lasts to 2022-10-08 00:00: possible is what ends by then"
    ]
    [taken] = faults_of("other", [hours(10, 12)], NOON, UNTIL, [hours(11, 14)], CHINA)
    assert taken.message.startswith("2022-10-01 23:00 to 2022-10-02 02:00 is asked for or granted already")


def test_an_emergency_is_now_and_may_be_beyond_what_is_asked_for_otherwise() -> None:
    assert asked_for(EMERGENCY, [], NOON) == [Outing(NOON, NOON + EMERGENCY_LASTS)]
    assert codes(hours(-1, 200 - 140), kind=EMERGENCY, taken=(hours(0, 9),)) == []
    assert codes(hours(3, 1), kind=EMERGENCY) == ["ends_before"]


spans = st.builds(
    lambda begins, lasts: hours(begins, begins + lasts), st.integers(0, 150), st.integers(1, 70)
)


@given(wanted=st.lists(spans, min_size=1, max_size=6), taken=st.lists(spans, max_size=4))
def test_what_is_taken_is_free_of_overlap_and_within_the_measure(
    wanted: list[Outing], taken: list[Outing]
) -> None:
    found = codes(*wanted, taken=tuple(taken))
    ordered = sorted(wanted)
    clear = all(
        not one.overlaps(other) for n, one in enumerate(ordered) for other in (*ordered[n + 1 :], *taken)
    )
    within = all(one.ends <= UNTIL and one.ends - one.begins <= LONGEST for one in ordered)
    assert (found == []) == (clear and within)


@given(wanted=st.lists(spans, min_size=1, max_size=6), taken=st.lists(spans, max_size=4))
def test_the_order_in_which_they_are_named_changes_nothing(wanted: list[Outing], taken: list[Outing]) -> None:
    assert codes(*wanted, taken=tuple(taken)) == codes(*reversed(wanted), taken=tuple(reversed(taken)))


def test_who_is_held_past_the_last_day_still_goes_to_a_doctor() -> None:
    assert stays_until(date(2022, 10, 7), NOON, CHINA) == UNTIL
    assert stays_until(date(2022, 9, 28), NOON, CHINA) == datetime(2022, 10, 3, tzinfo=CHINA)


moments = st.datetimes(datetime(2022, 1, 1), datetime(2023, 1, 1), timezones=st.just(UTC))


@given(now=moments, ahead=st.integers(0, 7 * 24 * 60), kind=st.sampled_from(PERMIT_KINDS))
def test_it_is_decided_before_they_go_and_an_emergency_after(now: datetime, ahead: int, kind: str) -> None:
    first = Outing(now + timedelta(minutes=ahead), now + timedelta(minutes=ahead + 60))
    task = task_of(kind, first, POLICY.permits, POLICY.ladders, now)
    due_by = POLICY.ladders.awake(task.kind, now + task.within)
    if kind == EMERGENCY:
        assert task.kind == "review_permit"
        return
    assert due_by <= max(first.begins - BEFORE, now + AT_LEAST)
    if task.kind != URGENT_PERMIT:
        assert task == POLICY.permits[kind]


def test_what_begins_in_the_morning_is_decided_at_night() -> None:
    evening, dawn = datetime(2022, 10, 1, 21, tzinfo=CHINA), datetime(2022, 10, 2, 7, tzinfo=CHINA)
    task = task_of("treatment", Outing(dawn, dawn), POLICY.permits, POLICY.ladders, evening)
    assert (task.kind, evening + task.within) == (URGENT_PERMIT, dawn - BEFORE)
    assert POLICY.ladders.of(URGENT_PERMIT).urgent


def test_a_policy_names_who_decides_the_kinds_that_it_names() -> None:
    policy = policy_from(
        shipped()[0] | {"permits": {"other": {"role": "street_officer", "within_minutes": 90}}}, 1
    )
    assert (policy.permits["other"].role, policy.permits["other"].kind) == ("street_officer", "decide_permit")
    assert policy.permits.keys() == set(PERMIT_KINDS)
    assert policy.permits["treatment"] == POLICY.permits["treatment"]


@pytest.mark.parametrize(
    ("kind", "decision", "withdrawn", "dropped", "state"),
    [
        ("other", None, False, False, "asked"),
        ("other", None, False, True, "ended"),
        ("other", "granted", False, True, "granted"),
        ("other", "refused", False, False, "refused"),
        ("other", "granted", True, False, "withdrawn"),
        ("emergency", None, False, False, "granted"),
        ("emergency", "refused", False, False, "refused"),
    ],
)
def test_where_it_stands(kind: str, decision: str | None, withdrawn: bool, dropped: bool, state: str) -> None:
    assert state in PERMIT_STATES
    assert state_of(kind, decision, withdrawn=withdrawn, dropped=dropped) == state


def test_the_index_of_tasks_that_were_taken_back_has_those_of_permits() -> None:
    for kind in PERMIT_TASKS:
        assert f"'{kind}'" in TAKEN_BACK.text

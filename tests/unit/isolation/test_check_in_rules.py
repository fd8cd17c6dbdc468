"""Which task a check-in settles, and which check-in asks for somebody to look at once."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from services.isolation.check_ins.rules import (
    EARLY,
    faults_of_values,
    why_abnormal,
    window_missed,
    window_served,
)
from services.isolation.plans import states
from services.isolation.plans.task import Task
from services.isolation.policies.documents import policy_from, shipped

CHINA = ZoneInfo("Asia/Shanghai")
FIRST = datetime(2022, 10, 1, tzinfo=CHINA)
POLICY = policy_from(next(d for d in shipped() if d["policy_id"] == "cn-2022-06"), 1)


def task(begins: datetime, ends: datetime, state: str = states.DUE, kind: str = "check_in") -> Task:
    utc = (begins.astimezone(UTC), ends.astimezone(UTC))
    id = utc[0].isoformat()
    return Task(id, "case", kind, "", 1, *utc, "grid_worker", "w", state, 0, None)


@st.composite
def plans(draw: st.DrawFn) -> list[Task]:
    """The check-in tasks of three days, with the same windows each day; some taken back."""
    hours = sorted(draw(st.sets(st.integers(0, 23), min_size=2, max_size=8)))
    windows = [pair for n, pair in enumerate(pairwise(hours)) if n % 2 == 0]
    tasks = []
    for day in range(3):
        for begins, ends in windows:
            at = [
                datetime.combine(FIRST.date() + timedelta(days=day), time(hour), CHINA)
                for hour in (begins, ends)
            ]
            tasks.append(task(*at, draw(st.sampled_from(states.TASK.states))))
    return tasks


moments = st.integers(-300, 4 * 24 * 60).map(lambda minutes: FIRST + timedelta(minutes=minutes))


@given(plans(), moments, st.randoms())
def test_the_task_served_follows_from_the_moment_alone(tasks, at, rng):
    served = window_served(tasks, at, CHINA)
    other = [task(t.due_from, t.due_by, states.DONE) if t.state != states.CANCELLED else t for t in tasks]
    rng.shuffle(other)
    found = window_served(other, at, CHINA)
    assert (found and found.task_id) == (served and served.task_id)


@given(plans(), moments)
def test_the_task_served_is_near_the_moment_and_was_not_taken_back(tasks, at):
    served = window_served(tasks, at, CHINA)
    asked = [t for t in tasks if t.state != states.CANCELLED]
    if served is None:
        assert not any(t.due_from - EARLY <= at <= t.due_by for t in asked)
        return
    assert served in asked
    noon = datetime.combine(served.due_from.astimezone(CHINA).date() + timedelta(days=1), time(12), CHINA)
    assert served.due_from - EARLY <= at <= max(noon, served.due_by)
    if any(t.due_from <= at <= t.due_by for t in asked):
        assert served.due_from <= at <= served.due_by


@given(plans(), moments)
def test_what_was_missed_is_open_before_the_window_served_and_served_by_its_own_end(tasks, at):
    missed = window_missed(tasks, at, CHINA)
    if missed is None:
        return
    served = window_served(tasks, at, CHINA)
    assert served and missed.due_by < at and missed.due_from < served.due_from
    assert missed.state not in (states.DONE, states.CANCELLED)
    assert window_served(tasks, missed.due_by, CHINA) is missed


def test_other_kinds_of_task_are_not_served():
    assert window_served([task(FIRST, FIRST + timedelta(hours=2), kind="test")], FIRST, CHINA) is None


@given(st.none() | st.integers(300, 450), st.lists(st.sampled_from(POLICY.symptoms), unique=True))
def test_a_check_in_is_abnormal_from_the_fever_of_the_policy_on_or_with_any_symptom(temperature, symptoms):
    why = why_abnormal(temperature, symptoms, POLICY)
    assert ("temperature" in why) == (temperature is not None and temperature >= 373)
    assert ("symptom" in why) == bool(symptoms)
    hotter = None if temperature is None else temperature + 1
    assert set(why) <= set(why_abnormal(hotter, symptoms, POLICY))


@given(st.none() | st.integers(300, 450), st.lists(st.text(max_size=40)))
def test_a_fault_names_no_value(temperature, symptoms):
    faults = faults_of_values(temperature, symptoms, POLICY)
    unknown = [s for s in symptoms if s not in POLICY.symptoms]
    assert len(faults) == len(unknown) + (temperature is None and not symptoms)
    known = f"the policy of this case knows no such symptom; it knows {', '.join(POLICY.symptoms)}"
    assert {fault.message for fault in faults if fault.code == "unknown_symptom"} <= {known}

"""What people say of a task: whatever comes first, it ends the same, and no task ends by silence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.isolation.plans import states
from services.isolation.plans.acts import (
    ACKNOWLEDGED,
    ATTEMPT,
    DONE,
    NOT_POSSIBLE,
    TAKE_BACK_WITHIN,
    TAKEN,
    TAKEN_BACK,
    WAIVED,
    Act,
    course,
)
from services.isolation.plans.planning import PlannedTask, planned_task
from services.isolation.plans.replanning import reopened, replan
from services.isolation.plans.rows import acts_from, acts_row
from services.isolation.plans.task import Task, new_task
from services.isolation.policies.documents import policy_from, shipped
from services.isolation.teams.rules import Member

CHINA = ZoneInfo("Asia/Shanghai")
POLICY = policy_from(next(d for d in shipped() if d["policy_id"] == "cn-2022-06"), 1)
LADDERS = POLICY.ladders
TEAM = (Member("grid_worker", "worker-1"),)
START = datetime(2022, 10, 1, 1, tzinfo=UTC)  # 09:00 in China
HOUR = timedelta(hours=1)


def task(kind: str = "first_contact") -> Task:
    return new_task("case", TEAM, planned(kind=kind))


def act(what: str, after: timedelta = HOUR, *, id: str | None = None, **more: Any) -> Act:
    """Said so long after the task began; without `until` it holds four hours."""
    at = START + after
    more.setdefault("until", at + 4 * HOUR)
    if what == ACKNOWLEDGED:
        more.setdefault("level", "community")
    return Act(what, at, id or f"{what}-{after}", "/console/1", **more)


def after(start: Task, *acts: Act) -> Task:
    for one in acts:
        start = start.after(one, LADDERS, CHINA)
    return start


def informed(start: Task, *, step: int, at: datetime) -> Task:
    """As the timer leaves a task when a step of the ladder is informed."""
    ladder = LADDERS.of(start.kind)
    following = LADDERS.awake(start.kind, at + ladder.interval(step))
    acts = start.acts
    told = replace(start, state=states.MISSED if start.state == states.DUE else start.state)
    told = replace(told, steps_informed=step, next_step_at=following)
    if acts is None:
        return told
    acts = replace(acts, missed=True, next_step_at=following)
    on = course(acts, step, ladder, CHINA)
    assert on.at
    return replace(told, acts=acts, next_step_at=LADDERS.awake(start.kind, on.at))


def next_step(one: Task) -> int | None:
    if one.acts is None:
        return one.steps_informed + 1
    return course(one.acts, one.steps_informed, LADDERS.of(one.kind), CHINA).step


# -- one act ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("what", "state"), [(DONE, states.DONE), (WAIVED, states.WAIVED)])
def test_done_and_waived_are_silent_for_good(what: str, state: str):
    for start in (task(), informed(task(), step=2, at=START + 3 * HOUR)):
        settled = after(start, act(what))
        assert (settled.state, settled.next_step_at) == (state, None)


def test_who_waived_what_was_done_all_the_same_has_it_done():
    assert after(task(), act(WAIVED), act(DONE, 2 * HOUR)).state == states.DONE


def test_an_attempt_holds_it_until_the_next_try():
    held = after(task(), act(ATTEMPT, until=START + 5 * HOUR))
    assert (held.state, held.next_step_at) == (states.DUE, START + 5 * HOUR)
    early = after(task(), act(ATTEMPT, until=START + timedelta(minutes=90)))
    assert early.next_step_at == task().next_step_at, "it is not reported earlier than without the attempt"


def test_an_attempt_holds_nothing_that_is_urgent():
    alarm = task("see_abnormal")
    tried = after(alarm, act(ATTEMPT, until=START + 12 * HOUR))
    assert (tried.state, tried.next_step_at, tried.version) == (states.DUE, alarm.next_step_at, 1)
    late = informed(alarm, step=1, at=START + 3 * HOUR)
    assert after(late, act(ATTEMPT, 4 * HOUR)).next_step_at == late.next_step_at
    assert after(late, act(TAKEN, 4 * HOUR)).next_step_at == START + 8 * HOUR, "somebody does it"


def test_three_attempts_on_two_days_go_to_the_street_and_hold_no_longer():
    day = timedelta(days=1)
    tries = [act(ATTEMPT, at) for at in (HOUR, 2 * HOUR, 3 * HOUR, day + HOUR)]
    one_day = after(task(), *tries[:3])
    assert next_step(one_day) == 1, "three on one day"
    two_days = after(task(), *tries)
    assert next_step(two_days) == 3 and two_days.next_step_at == START + day + HOUR
    told = informed(two_days, step=3, at=START + day + HOUR)
    again = after(told, act(ATTEMPT, day + 2 * HOUR))
    assert again.next_step_at == told.next_step_at


def test_not_possible_waits_for_an_officer_and_climbs_past_the_worker():
    waits = after(task(), act(NOT_POSSIBLE, because="refused"))
    assert (waits.state, waits.next_step_at, next_step(waits)) == (
        states.NOT_POSSIBLE,
        START + 5 * HOUR,
        2,
    )
    said_again = after(waits, act(NOT_POSSIBLE, 2 * HOUR, because="refused"))
    assert said_again.next_step_at == waits.next_step_at, "saying it again wins no time"
    assert after(waits, act(TAKEN, 2 * HOUR)).state == states.DUE, "somebody tries again"
    assert after(waits, act(DONE, 2 * HOUR)).state == states.DONE


def test_somebody_who_takes_it_holds_it_once():
    taken = after(task(), act(TAKEN, until=START + 4 * HOUR))
    assert taken.next_step_at == START + 4 * HOUR
    assert after(taken, act(TAKEN, 2 * HOUR, until=START + 9 * HOUR)).next_step_at == START + 4 * HOUR


def test_an_acknowledgement_holds_until_its_term_and_a_second_one_without_progress_climbs():
    late = informed(task(), step=2, at=START + 3 * HOUR)
    held = after(late, act(ACKNOWLEDGED, 3 * HOUR, until=START + 12 * HOUR))
    assert (held.state, held.next_step_at) == (states.MISSED, START + 12 * HOUR)
    twice = after(held, act(ACKNOWLEDGED, 5 * HOUR))
    assert (next_step(twice), twice.next_step_at) == (3, START + 5 * HOUR + TAKE_BACK_WITHIN)
    progress = after(held, act(ATTEMPT, 4 * HOUR), act(ACKNOWLEDGED, 5 * HOUR, until=START + 12.5 * HOUR))
    assert (next_step(progress), progress.next_step_at) == (3, START + 12.5 * HOUR)


@pytest.mark.parametrize("more", [(), (act(ATTEMPT, 4 * HOUR),), (act(ACKNOWLEDGED, 2 * HOUR),)])
def test_what_was_taken_back_is_as_if_it_had_not_been_said(more):
    late = informed(task(), step=2, at=START + 1 * HOUR)
    mistake = act(ACKNOWLEDGED, 3 * HOUR, until=START + 12 * HOUR)
    back = replace(act(TAKEN_BACK, 3 * HOUR), of=mistake.id, by=mistake.by)
    without = after(late, *more)
    for order in permutations((mistake, back, *more)):
        taken_back = after(late, *order)
        assert taken_back.version == 2 + len(more), "all of it stays"
        assert replace(taken_back, acts=None) == replace(without, acts=None)
    other = replace(back, by="/console/somebody-else")
    assert after(late, mistake, other).next_step_at == START + 12 * HOUR, "nobody takes back for others"


def test_an_acknowledgement_holds_nothing_of_which_a_higher_level_knows():
    late = informed(task(), step=3, at=START + 5 * HOUR)
    assert after(late, act(ACKNOWLEDGED, 6 * HOUR, level="community")).next_step_at == late.next_step_at
    held = after(late, act(ACKNOWLEDGED, 6 * HOUR, level="street", until=START + 20 * HOUR))
    assert held.next_step_at == LADDERS.awake("first_contact", START + 20 * HOUR)


def test_what_an_act_holds_until_the_night_waits_for_the_morning():
    late = informed(task(), step=2, at=START + 3 * HOUR)
    held = after(late, act(ACKNOWLEDGED, 4 * HOUR, until=START + 15 * HOUR))
    assert held.next_step_at == START + 23 * HOUR, "08:00"


# -- acts and plans -----------------------------------------------------------------------------------------


def replanned(written: Task, *wanted: PlannedTask) -> Task:
    plan = replan(
        "case",
        [written],
        {one.key: one for one in wanted},
        opening={"first_contact"},
        clock=START,
        ladders=LADDERS,
        zone=CHINA,
        team=TEAM,
        untouched_before=None,
    )
    return next(iter(plan.changed), written)


def planned(due: timedelta = 2 * HOUR, kind: str = "first_contact") -> PlannedTask:
    return planned_task(LADDERS, kind, 0, START, START + due, "grid_worker")


def test_what_was_reported_of_a_task_that_was_taken_back_counts_when_it_is_asked_for_again():
    back = replanned(task())
    assert back.state == states.CANCELLED
    reported = after(back, act(DONE))
    assert (reported.state, reported.next_step_at) == (states.CANCELLED, None), "harmless"
    assert replanned(reported, planned()).state == states.DONE


def test_an_attempt_still_holds_a_task_that_a_new_plan_asks_for_at_another_time():
    tried = after(task(), act(ATTEMPT, until=START + 8 * HOUR))
    assert replanned(tried, planned(3 * HOUR)).next_step_at == START + 8 * HOUR
    assert replanned(tried, planned(10 * HOUR)).next_step_at == START + 10 * HOUR


def test_a_task_that_was_not_possible_stays_on_the_officers_list_in_a_new_plan():
    waits = after(task(), act(NOT_POSSIBLE, because="refused"))
    assert replanned(waits, planned(3 * HOUR)).state == states.NOT_POSSIBLE
    assert replanned(replanned(waits), planned()).state == states.NOT_POSSIBLE


def test_a_task_that_is_done_no_more_stands_as_the_plan_in_force_asks_for_it():
    before = task()
    done = after(before, act(DONE))
    open_again = after(done, act(TAKEN_BACK, of=done.acts.said[0].id if done.acts else ""))
    assert (open_again.state, open_again.next_step_at) == (before.state, before.next_step_at)

    def stands(*wanted: PlannedTask, opening: frozenset[str] = frozenset()) -> Task:
        plan = {one.key: one for one in wanted}
        return reopened(open_again, plan, opening=opening, ladders=LADDERS, zone=CHINA, team=TEAM)

    assert stands(planned(3 * HOUR)).due_by == START + 3 * HOUR
    assert stands(planned(kind="test")).state == states.CANCELLED, "no plan asks for it any more"
    later = planned_task(LADDERS, "first_contact", 0, START + HOUR, START + 2 * HOUR, "grid_worker")
    assert stands(later, opening=frozenset({"first_contact"})) == open_again, "the next plan moves it"


# -- any order ----------------------------------------------------------------------------------------------

minutes = st.integers(-600, 3 * 24 * 60).map(lambda n: timedelta(minutes=n))


@st.composite
def some_act(draw: st.DrawFn) -> Act:
    what = draw(st.sampled_from((TAKEN, ATTEMPT, NOT_POSSIBLE, ACKNOWLEDGED, ACKNOWLEDGED, WAIVED, DONE)))
    at = draw(minutes)
    until = START + at + timedelta(minutes=draw(st.integers(1, 24 * 60)))
    level = draw(st.sampled_from(("worker", "community", "street", "district")))
    return act(what, at, id=f"{what}-{draw(st.integers(0, 10**6))}", until=until, level=level)


@given(st.lists(some_act(), max_size=5, unique_by=lambda one: one.key), st.integers(0, 4), st.data())
def test_acts_in_any_order_and_repeated_end_the_same(acts: Sequence[Act], step: int, data: st.DataObject):
    start = informed(task(), step=step, at=START + 3 * HOUR) if step else task()
    for kind in ("first_contact", "check_in"):
        begun = replace(start, kind=kind)
        expected = after(begun, *acts)
        mixed = data.draw(st.sampled_from(list(permutations(acts))))
        again = data.draw(st.lists(st.sampled_from(mixed), max_size=3)) if mixed else []
        assert after(begun, *mixed, *again) == expected


@given(st.lists(some_act(), min_size=1, max_size=8))
def test_what_is_kept_with_a_task_is_read_as_it_was_written(acts: Sequence[Act]):
    import orjson

    kept = after(task(), *acts).acts
    assert kept
    assert acts_from(orjson.loads(orjson.dumps(acts_row(kept)))) == kept


# -- the life of a task -------------------------------------------------------------------------------------


class TaskLife(RuleBasedStateMachine):
    """Acts, time and new plans in any order: the timer acts as find_overdue does."""

    @initialize(kind=st.sampled_from(("first_contact", "check_in", "see_abnormal")))
    def begin(self, kind: str) -> None:
        self.task = task(kind)
        self.now = START
        self.done = self.waived = False
        self.informed: list[int] = []

    @rule(one=some_act())
    def say(self, one: Act) -> None:
        longest = self.now + timedelta(days=1)
        one = replace(one, at=self.now, until=min(one.until or longest, longest))
        self.done |= one.what == DONE
        self.waived |= one.what == WAIVED
        self.task = after(self.task, one)

    @rule(by=st.integers(1, 30 * 60))
    def wait(self, by: int) -> None:
        self.now += timedelta(minutes=by)
        while (due := self.task.next_step_at) is not None and due <= self.now:
            if LADDERS.awake(self.task.kind, self.now) > self.now:
                self.task = replace(self.task, next_step_at=LADDERS.awake(self.task.kind, self.now))
                break
            step = next_step(self.task)
            assert step
            self.task = informed(self.task, step=step, at=due)
            self.informed.append(step)

    @rule(due=st.integers(1, 48))
    def plan_for_another_time(self, due: int) -> None:
        self.task = replanned(self.task, planned(due * HOUR, self.task.kind))

    @precondition(lambda self: self.task.live)
    @rule()
    def take_back(self) -> None:
        self.task = replanned(self.task)

    @invariant()
    def no_task_ends_by_silence(self) -> None:
        if not hasattr(self, "task"):
            return
        assert self.task.live == (self.task.next_step_at is not None)
        if self.done and self.task.state != states.CANCELLED:
            assert self.task.state == states.DONE
        if self.task.state in (states.DONE, states.WAIVED):
            assert self.done or self.waived

    @invariant()
    def each_step_is_informed_once_and_in_order(self) -> None:
        if hasattr(self, "informed"):
            assert self.informed == sorted(set(self.informed))

    @invariant()
    def nothing_holds_it_for_longer_than_a_term(self) -> None:
        if not hasattr(self, "task") or self.task.next_step_at is None:
            return
        ladder = LADDERS.of(self.task.kind)
        longest = max(
            self.now + timedelta(days=1, hours=10),
            self.task.due_by + timedelta(days=2, hours=10),
            *((self.task.acts.next_step_at,) if self.task.acts and self.task.acts.next_step_at else ()),
        )
        assert self.task.next_step_at <= longest + ladder.repeat_after + ladder.rungs[-1].after


TestTaskLife = TaskLife.TestCase
TestTaskLife.settings = settings(max_examples=80, stateful_step_count=25, deadline=None)


@pytest.mark.parametrize("what", [ATTEMPT, TAKEN, NOT_POSSIBLE, ACKNOWLEDGED])
def test_a_task_that_was_done_before_acts_were_kept_stays_done_whatever_is_said(what: str) -> None:
    old = replace(task(), state=states.DONE, next_step_at=None)
    heard = after(old, act(what))
    assert (heard.state, heard.next_step_at, heard.version) == (states.DONE, None, 1)
    again = act(DONE, 2 * HOUR)
    taken_back = after(heard, again, act(TAKEN_BACK, 3 * HOUR, of=again.id))
    assert (taken_back.state, taken_back.next_step_at) == (states.DONE, None), "who did it said nothing else"

"""Care teams, the ladder that overdue tasks climb, and the states of cases and tasks."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from field.states import ForbiddenTransition
from services.isolation.cases import states
from services.isolation.plans import states as task_states
from services.isolation.policies.documents import policy_from, shipped
from services.isolation.teams.rules import Member, choose, doer, owner

NINTH = policy_from(next(d for d in shipped() if d["policy_id"] == "cn-2022-06"), 1)
TEAM = ("grid_worker", "community_officer", "health_worker")
PLACES = ("grid", "community", "street")


# -- teams -------------------------------------------------------------------------------------------------


def test_each_role_is_taken_from_the_nearest_place_that_has_it():
    roster = {
        ("grid_worker", "grid"): ("w",),
        ("grid_worker", "community"): ("far",),
        ("health_worker", "street"): ("n",),
        ("community_officer", "elsewhere"): ("o",),
    }
    team = choose(TEAM, PLACES, roster, {})
    assert team == (("grid_worker", "w"), ("health_worker", "n"))
    assert owner(team) == "w"
    assert doer("health_worker", team) == "n" and doer("community_officer", team) == "w"


def test_where_nobody_is_near_there_is_no_team_and_no_owner():
    assert choose(TEAM, PLACES, {}, {}) == ()
    assert owner(()) is None and doer("grid_worker", ()) is None


def test_the_worker_registration_sent_to_the_door_stays_on_the_case():
    roster = {("grid_worker", "grid"): ("a", "b", "c")}
    sent = Member("grid_worker", "b")
    assert choose(TEAM, PLACES, roster, {"b": 50}, given=sent)[0].staff_id == "b"
    assert choose(TEAM, PLACES, {}, {}, given=sent) == (sent,), "also where the grid is not known"
    assert choose(TEAM, PLACES, roster, {"a": 1}, given=Member("police", "p"))[0].staff_id == "b"


def test_the_owner_keeps_the_case_when_the_roles_change():
    roster = {("grid_worker", "grid"): ("a", "b"), ("health_worker", "street"): ("n",)}
    kept = (Member("grid_worker", "b"), Member("police", "p"))
    assert choose(("grid_worker", "health_worker"), PLACES, roster, {"b": 9}, keep=kept) == (
        ("grid_worker", "b"),
        ("health_worker", "n"),
    )


@given(st.integers(1, 6), st.integers(0, 60), st.data())
def test_cases_are_shared_out_evenly(workers: int, cases: int, data: st.DataObject):
    names = tuple(f"w{n}" for n in range(workers))
    load = dict.fromkeys(names, 0)
    given_to = Counter(
        choose(("grid_worker",), PLACES, {("grid_worker", "grid"): names}, load)[0].staff_id
        for _ in range(cases)
    )
    shares = [given_to[name] for name in names]
    assert max(shares) - min(shares) <= 1 and sum(shares) == cases == sum(load.values())


# -- the ladder --------------------------------------------------------------------------------------------


def test_an_overdue_task_climbs_from_the_worker_to_the_district():
    assert [NINTH.ladder.at(step).level for step in (1, 2, 3, 4, 5, 9)] == [
        *("worker", "community", "street", "district", "district", "district")
    ]


def test_an_undelivered_message_to_staff_goes_to_the_rungs_above():
    levels = [rung.level for rung in NINTH.ladder.rungs]
    for role, stands_on in (("grid_worker", 0), (None, 0), ("community_cadre", 1), ("district_officer", 3)):
        assert [rung.level for rung in NINTH.ladder.above(role)] == levels[stands_on + 1 :]
    without_workers = replace(NINTH.ladder, rungs=NINTH.ladder.rungs[1:])
    assert without_workers.above("grid_worker") == NINTH.ladder.rungs[1:]


@given(st.integers(1, 40))
def test_each_step_falls_due_later_than_the_one_before_and_a_next_always_exists(step: int):
    assert timedelta() <= NINTH.ladder.after(step) < NINTH.ladder.after(step + 1)
    assert NINTH.ladder.after(1) == NINTH.ladder.rungs[0].after


def test_without_a_repeat_the_top_is_informed_every_day():
    document = next(d for d in shipped() if d["policy_id"] == "cn-2022-06")
    once = policy_from({**document, "repeat_after_minutes": None}, 1)
    assert once.ladder.after(4) == timedelta(hours=12)
    assert once.ladder.after(5) == timedelta(hours=36)


# -- states ------------------------------------------------------------------------------------------------


def test_a_case_goes_from_open_to_released_through_review_only():
    state = states.OPEN
    for to in (states.ACTIVE, states.RELEASE_REVIEW, states.RELEASED):
        state = states.CASE.move(state, to)
    with pytest.raises(ForbiddenTransition):
        states.CASE.move(states.ACTIVE, states.RELEASED)
    assert [s for s in states.CASE.states if states.RELEASED in states.CASE.following[s]] == [
        states.RELEASE_REVIEW,
        states.MOVED_TO_CENTRAL,
    ], "or by the site, in central isolation"


def test_a_case_of_a_person_who_refuses_can_move_to_central_isolation():
    assert states.REFUSED in states.FOLLOWED
    assert states.CASE.move(states.REFUSED, states.MOVED_TO_CENTRAL) == states.MOVED_TO_CENTRAL


def test_every_state_can_be_reached_and_every_followed_state_can_be_left():
    reached = {states.OPEN}
    while more := {to for state in reached for to in states.CASE.following[state]} - reached:
        reached |= more
    assert reached == set(states.CASE.states)
    assert all(states.CASE.following[state] for state in states.FOLLOWED)
    assert set(states.CASE.states) == states.FOLLOWED | states.CLOSED


def test_missed_is_never_the_end_of_a_task():
    assert not task_states.TASK.ends, "whoever said that it was done may take it back"
    assert task_states.TASK.following[task_states.WAIVED] == {task_states.DONE}, "somebody did it after all"
    with pytest.raises(ForbiddenTransition):
        task_states.TASK.move(task_states.WAIVED, task_states.DUE)


@given(st.sampled_from(sorted(states.CASE.states)), st.sampled_from(sorted(states.CASE.states)))
def test_only_listed_transitions_are_allowed(state: str, to: str):
    if to in states.CASE.following[state]:
        assert states.CASE.move(state, to) == to
    else:
        with pytest.raises(ForbiddenTransition):
            states.CASE.move(state, to)

"""What an officer decides about a case: in which states, with what it needs, and where it leads."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from contracts.faults import Refused
from field.words import CANCELLED_BECAUSE, CASE_DECISIONS, CASE_STATES
from services.isolation.cases import states
from services.isolation.cases.case import Case
from services.isolation.cases.decisions import (
    DECISIONS,
    REOPEN_WITHIN,
    faults_of,
    kinds_of_change,
    permit,
    possible,
)
from services.isolation.cases.revising import Change, revise
from services.isolation.cases.story import Chapter, absence
from tests.unit.isolation.test_revising import NOON, POLICIES, known, opened, present

EVERY = sorted({*states.CASE.states, *CASE_STATES})
NOTHING: dict[str, Any] = dict.fromkeys(("because", "witness", "place", "escort", "note"))
GIVEN = {
    "because": {"cancel": "wrongly_opened", "reopen": "came_back"},
    "witness": {"refuse": "nurse"},
    "place": {"move_to_central": "the site", "move_to_hospital": "the hospital", "transfer": "Qilihe"},
    "escort": {"move_to_central": "the driver", "move_to_hospital": "120"},
    "note": {"taken_over": "Dr. Li, by phone", "not_taken_over": "nobody answers"},
}


def case_in(state: str, *, days_ago: int = 1) -> Case:
    return opened(known("low"), state=state, released_on=-days_ago if state in states.CLOSED else None)


def command(decision: str, **more: Any) -> dict[str, Any]:
    given = {field: of_it[decision] for field, of_it in GIVEN.items() if decision in of_it}
    return {"decision": decision, **NOTHING, **given, **more}


def refused(name: str, case: Case, *, asked: bool = False) -> str:
    with pytest.raises(Refused) as caught:
        permit(name, case, NOON, asked=asked)
    [fault] = caught.value.faults
    assert (caught.value.kind, fault.where) == ("conflict", "decision") and fault.message
    return fault.code


def test_every_word_of_a_decision_and_of_a_state_has_its_place() -> None:
    assert set(DECISIONS) == set(CASE_DECISIONS)
    assert set(CASE_STATES) | {states.EXPECTED} == set(states.CASE.states)


@pytest.mark.parametrize("name", sorted(DECISIONS))
@pytest.mark.parametrize("state", EVERY)
def test_what_is_not_listed_for_a_state_is_refused(name: str, state: str) -> None:
    decision, case = DECISIONS[name], case_in(state)
    asked = bool(decision.while_asked)
    if state not in decision.of:
        assert refused(name, case, asked=asked) == "not_in_this_state"
        return
    assert permit(name, case, NOON, asked=asked) is decision
    way = [decision.to] if decision.to else []
    if decision.to == states.RELEASED and state in states.FOLLOWED - {states.RELEASE_REVIEW}:
        way.insert(0, states.RELEASE_REVIEW)
    for to in way:
        state = states.CASE.move(state, to)


def test_whoever_is_followed_has_a_way_out_and_whoever_has_left_a_way_back() -> None:
    for state in states.FOLLOWED:
        assert {"cancel", "move_to_central", "move_to_hospital"} <= set(possible(state)), state
    for state in states.CLOSED - {states.EXPECTED, states.MOVED_TO_CENTRAL}:
        assert possible(state) == ("reopen",), state
    there = possible(states.MOVED_TO_CENTRAL)
    assert there == ("release", "cancel", "move_to_hospital", "reopen"), "they leave the centre"
    assert possible(states.EXPECTED) == ()


@pytest.mark.parametrize("name", sorted(DECISIONS))
def test_a_decision_takes_what_it_needs_and_nothing_else(name: str) -> None:
    assert not list(faults_of(command(name), states.OPEN))
    for field, of_it in GIVEN.items():
        if field == "note" and name not in of_it:
            continue  # it goes with each
        given = None if name in of_it else next(iter(of_it.values()))
        [fault] = faults_of(command(name, **{field: given}), states.OPEN)
        assert (fault.where, fault.code) == (field, "missing" if name in of_it else "not_of_this")


def test_a_reason_is_of_its_decision_and_another_one_is_said_in_words() -> None:
    [fault] = faults_of(command("cancel", because="came_back"), states.OPEN)
    assert (fault.where, fault.code) == ("because", "not_of_this")
    [fault] = faults_of(command("reopen", because="other"), states.OPEN)
    assert (fault.where, fault.code) == ("note", "missing")
    assert not list(faults_of(command("reopen", because="other", note="the court said so"), states.OPEN))


def test_who_is_in_central_isolation_is_no_mistake_but_may_die_there_or_be_followed_elsewhere() -> None:
    there = {
        because: [
            fault.code
            for fault in faults_of(command("cancel", because=because, note="x"), "moved_to_central")
        ]
        for because in CANCELLED_BECAUSE
    }
    assert {because for because, codes in there.items() if not codes} == {"died", "followed_elsewhere"}
    assert {code for codes in there.values() for code in codes} == {"not_of_this"}


def test_only_where_nothing_was_to_be_asked_the_change_is_called_cancelled() -> None:
    assert {because: kinds_of_change("cancel", because) for because in CANCELLED_BECAUSE} == {
        "wrongly_opened": ["cancelled"],
        "followed_elsewhere": ["ended_elsewhere"],
        "moved_away": ["ended_elsewhere"],
        "died": ["died"],
        "other": ["cancelled"],
    }
    assert kinds_of_change("move_to_hospital", None) == ["moved_to_hospital"]


def test_whom_another_district_is_to_take_over_is_followed_here_until_it_does() -> None:
    for state in states.FOLLOWED:
        case = case_in(state)
        assert not DECISIONS["transfer"].to and refused("transfer", case, asked=True) == "already_asked"
        for answer in ("taken_over", "not_taken_over"):
            assert refused(answer, case) == "nobody_asked" and answer not in possible(state)
        assert {"taken_over", "not_taken_over"} <= set(possible(state, asked=True))
        assert {"release", "cancel"} & set(possible(state, asked=True)), "the other ends stay open"
    assert kinds_of_change("taken_over", None) == ["ended_elsewhere"], "nothing that is asked becomes void"
    for quiet in ("transfer", "not_taken_over"):
        assert kinds_of_change(quiet, None)[0] == "details", "nobody is told"


def test_a_case_is_opened_again_within_the_term_where_something_is_asked_of_somebody() -> None:
    ended = case_in(states.RELEASED)
    assert ended.closed_at
    permit("reopen", ended, ended.closed_at + REOPEN_WITHIN)
    late = replace(ended, closed_at=ended.closed_at - REOPEN_WITHIN)
    assert refused("reopen", late) == "too_long_ago"
    permit("reopen", replace(late, state=states.MOVED_TO_CENTRAL), NOON)  # else a stage at home never began
    assert refused("reopen", replace(ended, days=0)) == "nothing_asked"
    gone = Chapter(2, NOON, (), ended.policy_id, "not_coming")
    assert refused("reopen", replace(ended, story=(*ended.story, gone))) == "nobody_there"
    assert refused("reopen", replace(ended, version=0)) == "not_in_this_state"


class Deciding(RuleBasedStateMachine):
    """One case, about which officers decide and news come, whatever the order."""

    @initialize(level=st.sampled_from(["low", "medium", "high"]))
    def opens(self, level: str) -> None:
        self.day, self.version, self.asked = 0, 1, False
        self.case = opened(known(level))

    @rule(name=st.sampled_from(sorted(DECISIONS)))
    def decided(self, name: str) -> None:
        before, now = self.case, NOON + timedelta(days=self.day)
        try:
            decision = permit(name, before, now, asked=self.asked)
        except Refused:
            assert before == self.case, "what is refused changes nothing"
            return
        if name == "reopen":
            change = Change("reopened", from_today=True, reopened=True)
            revision = revise(before, change, POLICIES, present(self.day))
            assert revision.opens_again
            self.case = revision.case
            return
        ends = decision.to in states.CLOSED
        self.asked = False if ends else name == "transfer" or (self.asked and name != "not_taken_over")
        self.case = replace(
            before,
            version=before.version + 1,
            state=decision.to or before.state,
            closed_at=now if ends else None,
            plan_next=None if ends else before.plan_next,
        )

    @rule(level=st.sampled_from(["none", "low", "high"]), absent=st.sampled_from([None, None, "not_coming"]))
    def news(self, level: str, absent: Any) -> None:
        self.version += 1
        chapter = replace(known(level, day=self.day, version=self.version), absent=absent)
        newest = replace(self.case.arrival, version=self.version)
        change = Change("stop_added", (chapter,), newest)
        self.case = revise(self.case, change, POLICIES, present(self.day)).case

    @rule()
    def a_day_passes(self) -> None:
        self.day += 1

    @invariant()
    def it_is_followed_or_has_ended(self) -> None:
        case = self.case
        assert case.state in states.CASE.states
        assert (case.closed_at is None) == (case.state in states.FOLLOWED)
        if case.closed_at is None:
            assert not absence(case.story)
            assert case.plan_next or case.planned_until >= case.release_on, "planned to its end"
            assert possible(case.state, asked=self.asked)
        else:
            assert case.plan_next is None


TestDeciding = Deciding.TestCase
TestDeciding.settings = settings(max_examples=40, stateful_step_count=15, deadline=None)

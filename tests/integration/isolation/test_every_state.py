"""Each state of a case and of a task is reached through the door, or by news of an arrival and the clock;
what is not listed for a state is refused there, and changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import select
from werkzeug.test import TestResponse

from contracts.envelope import Event
from field.words import CASE_DECISIONS, TASK_OUTCOMES
from services.isolation import tables as t
from services.isolation.cases.decisions import DECISIONS, possible
from services.isolation.cases.plan_next_day import plan_next_day
from services.isolation.cases.states import CASE, FOLLOWED, MOVED_TO_CENTRAL, RELEASE_REVIEW, RELEASED
from services.isolation.door import DOOR
from services.isolation.plans.states import FINISHED, LIVE, TASK
from services.isolation.release.propose_releases import propose_releases
from services.isolation.tasks.find_overdue import find_overdue
from tests.doors import Visitor
from tests.integration.isolation.test_decisions import NEEDS, REFUSAL
from tests.integration.isolation.test_release import LOW
from tests.integration.isolation.test_results import result
from tests.integration.isolation.trial import Trial, arrival, china

FULL: Final = china("2022-10-04 20:01")
"""The three days of LOW are full."""
BY_DECISION: Final = {
    "refused": ("refuse",),
    "moved_to_central": ("move_to_central",),
    "moved_to_hospital": ("move_to_hospital",),
    "transferred": ("transfer", "taken_over"),
    "cancelled": ("cancel",),
}
TO_BE_TESTED: Final = (RELEASE_REVIEW, RELEASED)


class Going:
    """Cases as they go from state to state."""

    def __init__(self, isolation: Trial) -> None:
        self.isolation, self.door = isolation, Visitor(DOOR, isolation.work)
        self.state: dict[str, str] = {}
        self.moves: set[tuple[str, str]] = set()
        """From which state to which they went."""

    def come(self, wanted: Sequence[str]) -> list[str]:
        events = [arrival(**LOW, expected=state == "expected") for state in wanted]
        self.news(*events)
        return [event.data["arrival_id"] for event in events]

    def news(self, *events: Event) -> None:
        self.isolation.follow(*events)
        self.look()

    def look(self) -> None:
        """Note who went where."""
        c = t.cases.c
        with self.isolation.database.read() as conn:
            now = {case_id: state for case_id, state in conn.execute(select(c.case_id, c.state))}
        for case_id, state in now.items():
            way = [self.state.get(case_id, state), state]
            if way[0] in FOLLOWED - {RELEASE_REVIEW} and state == RELEASED:
                way.insert(1, RELEASE_REVIEW)  # the officer was there before the timer
            self.moves |= {step for step in pairwise(way) if step[0] != step[1]}
        self.state = now

    def said(self, who: str, command: str, **data: Any) -> None:
        answer = self.door.say(who, command, data)
        assert answer.status_code == 200, (command, data, answer.json)
        self.look()

    def decide(self, case_id: str, decision: str) -> TestResponse:
        c = t.cases.c
        with self.isolation.database.read() as conn:
            asked = conn.execute(select(c.version, c.state).where(c.case_id == case_id)).one()
        needs = dict(NEEDS.get(decision, {}))
        if decision == "cancel" and asked.state == MOVED_TO_CENTRAL:
            needs["because"] = "died"
        said = {"case_id": case_id, "decision": decision, "expects": asked.version, **needs}
        return self.door.say("officer", "decide_case", said)

    def decided(self, case_id: str, *decisions: str) -> None:
        for decision in decisions:
            if decision == "refuse":
                self.said("worker-1", "report_refusal", case_ids=[case_id], **REFUSAL)
            answer = self.decide(case_id, decision)
            assert answer.status_code == 200, (self.state[case_id], decision, answer.json)
            self.look()

    def first_contact(self, case_id: str) -> str:
        return first_contact(self.isolation, case_id)["task_id"]

    def tested(self, case_id: str, found: str = "negative", days: Sequence[int] = (2, 4)) -> None:
        for day in days:
            sampled = china(f"2022-10-0{day} 12:00")
            of_it = result(case_id, found, at=sampled, sample_id=f"{day}-{found}") | {"case_id": case_id}
            del of_it["identity"]
            self.said("nurse", "report_test", **{key: as_json(value) for key, value in of_it.items()})

    def bring(self, case_id: str, state: str, asked: bool) -> None:
        """From open on, but for what the timers do."""
        if state == "active":
            task = self.first_contact(case_id)
            self.said("worker-1", "report_task", task_id=task, outcome="done", how="seen")
        elif state in TO_BE_TESTED:
            self.tested(case_id)
        else:
            self.decided(case_id, *BY_DECISION.get(state, ()))
        if asked:
            self.decided(case_id, "transfer")


def as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def first_contact(isolation: Trial, case_id: str) -> Any:
    c = t.tasks.c
    found = select(t.tasks).where(c.case_id == case_id, c.kind == "first_contact")
    with isolation.database.read() as conn:
        return conn.execute(found).mappings().one()


def all_rows(isolation: Trial) -> dict[str, list[Any]]:
    """All that is stored, but for what was said by which key."""
    tables = [table for table in t.metadata.sorted_tables if table.name != "inbox"]
    with isolation.database.read() as conn:
        return {one.name: sorted(map(repr, conn.execute(select(one)))) for one in tables}


def test_a_case_goes_every_way_that_is_listed_and_no_other(on_sqlite: Trial) -> None:
    """Of each state there is a case for each decision that is listed, and one that is refused the others; and
    so of those whom another district is asked to take over.
    """
    isolation = on_sqlite
    standing = [(state, asked) for state in CASE.states for asked in sorted({False, state in FOLLOWED})]
    wanted = [(state, asked, "") for state, asked in standing] + [
        (state, asked, decision)
        for state, asked in standing
        for decision in possible(state, asked=asked)
        if not asked or DECISIONS[decision].while_asked
    ]
    going = Going(isolation)
    whose = dict(zip(wanted, going.come([state for state, _, _ in wanted]), strict=True))
    isolation.clock.moment = FULL
    isolation.until_done(plan_next_day)
    for (state, asked, _), case_id in whose.items():
        going.bring(case_id, state, asked and state not in TO_BE_TESTED)
    isolation.until_done(propose_releases)
    going.look()
    for (state, asked, _), case_id in whose.items():
        if state == RELEASED:
            going.decided(case_id, "release")
        elif state in TO_BE_TESTED and asked:
            going.decided(case_id, "transfer")
    assert {case_id: going.state[case_id] for case_id in whose.values()} == {
        case_id: state for (state, _, _), case_id in whose.items()
    }

    before, refused = all_rows(isolation), defaultdict(set)
    for state, asked in standing:
        for decision in set(CASE_DECISIONS) - set(possible(state, asked=asked)):
            answer = going.decide(whose[state, asked, ""], decision)
            assert answer.status_code == 409, (state, asked, decision, answer.json)
            [fault] = answer.get_json()["faults"]
            refused[fault["code"]].add((state, decision))
    assert refused.keys() == {"not_in_this_state", "already_asked", "nobody_asked"}
    assert all_rows(isolation) == before

    for (state, _, decision), case_id in whose.items():
        if decision == "release" and state in ("open", "active"):
            going.tested(case_id)
        if decision:
            going.decided(case_id, decision)
    go_without_decision(going, [whose[state, False, ""] for state in ("expected", "open", "active")])
    listed = {(state, to) for state, following in CASE.following.items() for to in following}
    assert going.moves == listed
    assert isolation.audit()["balanced"]


def go_without_decision(going: Going, ids: Sequence[str]) -> None:
    """By news, by the first contact and a mistake about it, by a timer, and by a late result."""
    expected, never_met, met = ids
    isolation = going.isolation
    later: list[dict[str, Any]] = [{"expected": True, "not_coming": True}, {"expected": True}, {}]
    for version, changed in enumerate(later, start=2):
        going.news(arrival(expected, version=version, at=isolation.clock.now(), **LOW, **changed))
    task, key = going.first_contact(never_met), "said-by-mistake"
    report = {"task_id": task, "outcome": "done", "how": "seen"}
    assert going.door.say("worker-1", "report_task", report, key=key).status_code == 200
    going.look()
    going.said("worker-1", "take_back_report", task_id=task, report=key)
    going.tested(met)
    isolation.until_done(propose_releases)
    going.look()
    going.tested(met, "positive", days=(3,))
    isolation.until_done(propose_releases)
    going.look()


# -- tasks -------------------------------------------------------------------------------------------------

SAYING: Final = ("taken", "done", "not_possible", "attempt")
BECOMES: Final = {
    "due": {"done": "done", "not_possible": "not_possible", "waived": "waived"},
    "missed": {"done": "done", "not_possible": "not_possible", "waived": "waived"},
    "not_possible": {"taken": "due", "done": "done", "attempt": "due", "waived": "waived"},
    "waived": {"done": "done"},
    "done": {},
    "cancelled": {},
}
"""State -> what is said -> the state after it; whatever else is said changes no state."""
REFUSED: Final = {(state, "waived") for state in ("done", "waived", "cancelled")}
"""What nobody asks for needs no decision. What somebody says they did is kept, and asks for nothing again."""
ACKNOWLEDGED: Final = {"due": "not_overdue", "missed": "held", "not_possible": "held"}


def act(door: Visitor, task_id: str, what: str, version: int) -> TestResponse:
    if what == "waived":
        waiver = {"task_id": task_id, "expects": version, "reason": "met at the gate"}
        return door.say("officer", "waive_task", waiver)
    if what == "acknowledged":
        until = {"until": "2022-10-01T20:00:00+08:00", "cause": "weather"}
        return door.say("officer", "acknowledge_overdue", {"task_ids": [task_id], **until})
    because = {"because": "unsafe"} if what == "not_possible" else {}
    return door.say("worker-1", "report_task", {"task_id": task_id, "outcome": what, **because})


def test_a_task_goes_every_way_that_is_listed_for_whoever_says_something_of_it(on_sqlite: Trial) -> None:
    isolation = on_sqlite
    assert set(BECOMES) == set(TASK.states) and set(SAYING) == set(TASK_OUTCOMES)
    going = Going(isolation)
    wanted = [(state, what) for state in BECOMES for what in (*SAYING, "waived", "acknowledged")]
    late = dict.fromkeys(one for one in wanted if one[0] == "missed")
    whose = dict(zip(late, going.come(["open"] * len(late)), strict=True))
    isolation.clock.moment = china("2022-10-01 10:00")
    isolation.until_done(find_overdue)
    rest = [one for one in wanted if one not in late]
    whose |= dict(zip(rest, going.come(["open"] * len(rest)), strict=True))
    for (state, _), case_id in whose.items():
        if state == "cancelled":
            going.decided(case_id, "cancel")
        elif state not in ("due", "missed"):
            assert act(going.door, going.first_contact(case_id), state, 0).status_code == 200
    for (state, what), case_id in whose.items():
        before = first_contact(isolation, case_id)
        assert before["state"] == state
        answer = act(going.door, before["task_id"], what, before["version"] or 0)
        after = first_contact(isolation, case_id)
        to = BECOMES[state].get(what, state)
        assert to == state or to in TASK.following[state]
        assert (after["state"], state, what) == (to, state, what)
        if (state, what) in REFUSED:
            assert answer.status_code == 409 and answer.get_json()["faults"][0]["code"] == "conflict"
            assert after == before
            continue
        assert answer.status_code == 200, (state, what, answer.json)
        if what == "acknowledged":
            [became] = answer.get_json()["result"]["tasks"]
            assert became["became"] == ACKNOWLEDGED.get(state, state)
        assert (after["tell_at"] is None) == (to not in LIVE), "silent for good, or with a clock"
    assert FINISHED | LIVE | {"cancelled"} == set(TASK.states)
    assert isolation.audit()["balanced"]
